import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { documentPath } from '../test/documents.js'
import { benchFolder, costOf, REPOSITORY, table } from './measure.js'

const GATEWRIGHT = join(REPOSITORY, 'dist/generator/bin.js')
const TSC = join(REPOSITORY, 'node_modules/typescript/bin/tsc')

const DOCUMENTS: readonly { readonly path: string; readonly root?: string; readonly rules?: readonly string[] }[] = [
  { path: 'readme-petstore/petstore.json' },
  { path: 'readme-security/security.yaml' },
  { path: 'readme-security-multiple/security-multiple.json', rules: ['alternative-unsatisfiable'] },
  { path: 'scalar-galaxy/3.1.yaml' },
  { path: 'figma/openapi.yaml' },
  { path: 'spotify/fixed-spotify-open-api.yml' },
  { path: 'auth0-myaccount/myaccount-api-oas.json' },
  { path: 'camara-geofencing/API_definitions/geofencing-subscriptions.yaml', root: 'camara-geofencing' },
  { path: 'twilio-api/twilio_api_v2010.yaml' },
  { path: 'box/openapi.json', rules: ['path-malformed'] },
  { path: 'digitalocean/DigitalOcean-public.v2.yaml' },
  { path: 'github/api.github.com.json' },
]

/** Every real document: what generating it costs, how large the output is, and what `tsc` takes over it, with its stubs. */
export function benchDocuments(): void {
  const folder = benchFolder('documents')
  const rows = DOCUMENTS.map(({ path, root, rules = [] }, index) => {
    const place = join(folder, String(index))
    const [out, handlers] = [join(place, 'generated'), join(place, 'handlers')]
    const lowered = [...rules, 'feature-unsupported'].flatMap(code => ['--rule', `${code}=warn`])
    const within = root === undefined ? [] : ['--root', join(REPOSITORY, 'test/documents', root)]
    const cost = costOf(GATEWRIGHT, [
      'generate',
      documentPath(path),
      '--out',
      out,
      '--handlers',
      handlers,
      ...within,
      ...lowered,
    ])
    const config = join(place, 'tsconfig.json')
    const compilerOptions = { noEmit: true, strict: true, target: 'es2023', module: 'nodenext', skipLibCheck: true }
    writeFileSync(config, JSON.stringify({ compilerOptions, include: ['**/*.ts'] }))
    const size = readdirSync(out).reduce((sum, name) => sum + statSync(join(out, name)).size, 0)
    const operations = readdirSync(handlers).length - 1
    const checked = costOf(TSC, ['-p', config])
    return [
      path.split('/')[0] ?? path,
      operations,
      cost.wall.toFixed(1),
      cost.cpu.toFixed(1),
      cost.memory.toFixed(0),
      (size / 1e6).toFixed(2),
      checked.wall.toFixed(1),
    ]
  })
  const head = ['document', 'operations', 'wall s', 'CPU s', 'MB', 'emitted MB', 'tsc s']
  console.log(`${table([head, ...rows])}\n`)
  rmSync(folder, { recursive: true })
}
