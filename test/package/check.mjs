// Packs the package, installs it in empty folders as a user would, and uses what was installed: the bin, the three
// entry points, their types, and emitted code under strict TypeScript 5.9 and 7.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'gatewright-package-'))

const run = (cwd, command, ...args) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
const step = text => console.log(`- ${text}`)

const STRICT = {
  strict: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  noImplicitReturns: true,
  declaration: true,
  skipLibCheck: false,
  target: 'es2023',
  types: ['node'],
  outDir: 'dist',
}

const SERVER = `import express from 'express'
import { apiKey, bearer } from 'gatewright/runtime'
import { startLocalIssuer } from 'gatewright/testing'
import { createRouter } from './generated/router.js'
import * as handlers from './handlers/index.js'

const issuer = await startLocalIssuer({ audience: 'https://api.example' })
const app = express().use(
  createRouter(handlers, {
    schemes: {
      user: bearer({ issuer: issuer.issuer, audience: issuer.audience }),
      key: apiKey(key => (key === 'good' ? { name: 'ada' } : undefined)),
    },
    checks: { agrees: (_req, token) => token.sub === 'local|user' },
  }),
)
const server = app.listen(0, '127.0.0.1', async () => {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const ask = async (path: string, headers: Record<string, string>) =>
    (await fetch(\`http://127.0.0.1:\${port}\${path}\`, { headers })).status
  const token = await issuer.token({ scope: 'read' })
  console.log(await ask('/notes', {}), await ask('/notes', { authorization: \`Bearer \${token}\` }), await ask('/notes', { 'x-key': 'good' }))
  server.close()
  server.closeAllConnections()
  await issuer.close()
})
`

const DOCUMENT = `openapi: 3.1.0
info: { title: Notes, version: 1.0.0 }
paths:
  /notes:
    get:
      operationId: listNotes
      security: [{ user: [read] }, { key: [] }]
      parameters: [{ name: limit, in: query, schema: { type: integer, maximum: 50 } }]
      responses: { '200': { description: Notes, content: { application/json: { schema: { type: array, items: { $ref: '#/components/schemas/Note' } } } } } }
    post:
      operationId: addNote
      security: [{ user: [write] }]
      x-claims: { $check: agrees, verified: true }
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Note' } } } }
      responses: { '201': { description: Added } }
components:
  securitySchemes:
    user: { type: http, scheme: bearer }
    key: { type: apiKey, in: header, name: X-Key }
  schemas:
    Note: { type: object, required: [text], properties: { text: { type: string, minLength: 1 }, due: { type: string, format: date } } }
`

function expectEqual(found, expected, what) {
  if (found !== expected)
    throw new Error(`${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`)
}

function project(name, typescript) {
  const folder = join(work, name)
  mkdirSync(join(folder, 'specs'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }))
  run(
    folder,
    'npm',
    'install',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    tarball,
    'express@5',
    `typescript@${typescript}`,
    '@types/node@20',
  )
  writeFileSync(join(folder, 'specs/openapi.yaml'), DOCUMENT)
  writeFileSync(join(folder, 'server.ts'), SERVER)
  step(`${name}: the bin generates`)
  expectEqual(run(folder, 'npx', '--no-install', 'gatewright', '--version').trim(), version, 'gatewright --version')
  run(folder, 'npx', '--no-install', 'gatewright', 'generate')
  run(folder, 'npx', '--no-install', 'gatewright', 'check')
  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    step(`${name}: strict tsc accepts what was emitted (${resolution})`)
    const compilerOptions = { ...STRICT, module, moduleResolution: resolution, noEmit: resolution === 'bundler' }
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, include: ['server.ts', 'generated', 'handlers'] }),
    )
    run(folder, 'npx', '--no-install', 'tsc')
  }
  step(`${name}: the compiled server guards`)
  expectEqual(run(folder, process.execPath, 'dist/server.js').trim(), '401 501 501', 'answers')
  return folder
}

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const [{ filename, files, size }] = JSON.parse(
  run(root, 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', work),
)
const tarball = join(work, filename)

try {
  step(`packed ${files.length} files, ${Math.round(size / 1000)} kB`)
  const foreign = files
    .map(file => file.path)
    .filter(path => !/^(dist|generator|runtime)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(path))
  expectEqual(foreign.join(', '), '', 'files that are no part of the package')
  run(root, 'npx', '--no-install', 'publint', '--strict', tarball)
  run(root, 'npx', '--no-install', 'attw', tarball, '--profile', 'esm-only', '--no-emoji')
  step('publint and attw find no fault')

  const folder = project('with-typescript-5', '~5.9.3')
  step('each entry point loads')
  for (const [entry, name] of [
    ['gatewright', 'generate'],
    ['gatewright/runtime', 'bearer'],
    ['gatewright/testing', 'startLocalIssuer'],
  ]) {
    const script = `import { ${name} } from '${entry}'; console.log(typeof ${name})`
    expectEqual(run(folder, process.execPath, '--input-type=module', '-e', script).trim(), 'function', entry)
  }
  step('the runtime loads no compiler and no generator')
  const script = `import 'gatewright/runtime'
    import { createRequire } from 'node:module'
    const loaded = Object.keys(createRequire(import.meta.url).cache)
    console.log(loaded.filter(path => /node_modules.(typescript|ts-morph|@ts-morph|openapi-typescript|@apidevtools|yaml|commander|ajv.dist.(core|ajv|2020|compile))\\\\b/.test(path)).join(' '))`
  const loaded = run(folder, process.execPath, '--input-type=module', '-e', script).trim()
  expectEqual(loaded, '', 'modules that the runtime must not load')

  project('with-typescript-7', '7')
} finally {
  rmSync(work, { recursive: true, force: true })
}
console.log('The package installs and works.')
