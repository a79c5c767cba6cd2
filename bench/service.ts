import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ApiModel, generate } from 'gatewright'
import ts from 'typescript'
import { expressPath, parsePath } from '../runtime/path.js'

/**
 * Generates for a document, and leaves in `folder` two programs that serve its operations on a port that they print:
 * `gatewright.js`, and `express.js`, which has as many plain routes and guards nothing. Both answer `{"ok":true}`.
 */
export async function buildServices(folder: string, document: string): Promise<ApiModel> {
  const model = await compileGenerated(folder, document)
  writeFileSync(join(folder, 'gatewright.js'), gatewrightService(model))
  writeFileSync(join(folder, 'express.js'), expressService(model))
  return model
}

/** Generates for a document; what is emitted stands in `folder/compiled` as JavaScript. */
export async function compileGenerated(folder: string, document: string): Promise<ApiModel> {
  const { model, diagnostics } = await generate({
    document,
    out: join(folder, 'generated'),
    handlers: join(folder, 'handlers'),
    rules: { 'feature-unsupported': 'off', 'path-malformed': 'off' },
  })
  if (!model) throw new Error(diagnostics.map(one => one.message).join('\n'))
  for (const name of readdirSync(join(folder, 'generated'))) {
    const text = readFileSync(join(folder, 'generated', name), 'utf8')
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 }
    const { outputText } = ts.transpileModule(text, { compilerOptions })
    mkdirSync(join(folder, 'compiled'), { recursive: true })
    writeFileSync(join(folder, 'compiled', name.replace(/\.ts$/, '.js')), outputText)
  }
  return model
}

const LISTEN = `const server = app.listen(0, '127.0.0.1', () => process.send(server.address().port))
process.on('message', message => process.send(message === 'usage' ? process.resourceUsage() : {}))
`

function gatewrightService({ operations, schemes }: ApiModel): string {
  const verifiers = schemes.map(({ name, scheme, token }) => {
    const verifier = token
      ? "bearer({ issuer: 'https://issuer.example/', audience: 'https://api.example' })"
      : `${scheme.type === 'apiKey' ? 'apiKey' : 'basic'}(() => undefined)`
    return `${JSON.stringify(name)}: ${verifier}`
  })
  return `import express from 'express'
import { apiKey, basic, bearer } from 'gatewright/runtime'
import { createRouter } from './compiled/router.js'

const handler = () => ({ status: 200, body: { ok: true } })
const handlers = Object.fromEntries(${JSON.stringify(operations.map(one => one.id))}.map(id => [id, handler]))
void [apiKey, basic, bearer]
const app = express().use(createRouter(handlers, { onReplyFault() {}, schemes: { ${verifiers.join(', ')} } }))
${LISTEN}`
}

function expressService({ operations }: ApiModel): string {
  const lines = operations.flatMap(({ method, path }) => {
    const parsed = parsePath(path)
    return 'fault' in parsed
      ? []
      : [`app[${JSON.stringify(method)}](${JSON.stringify(expressPath(parsed.segments))}, answer)`]
  })
  return `import express from 'express'

const app = express()
const answer = (req, res) => res.json({ ok: true })
${lines.join('\n')}
${LISTEN}`
}
