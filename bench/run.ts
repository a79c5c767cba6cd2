import { benchDocuments } from './documents.js'
import { benchGenerate, benchGrowth } from './generate.js'
import { benchGuards } from './guards.js'
import { benchRoutes } from './routes.js'
import { benchStart } from './start.js'
import { benchTypeCheck } from './type-check.js'

const BENCHES: { readonly [name: string]: () => void | Promise<void> } = {
  generate: () => benchGenerate(),
  growth: benchGrowth,
  'type-check': () => benchTypeCheck(),
  start: () => benchStart(),
  routes: () => benchRoutes(),
  guards: () => benchGuards(),
  documents: benchDocuments,
}

const named = process.argv.slice(2)
const unknown = named.filter(name => !Object.hasOwn(BENCHES, name))
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(', ')}: there are ${Object.keys(BENCHES).join(', ')}`)
  process.exit(2)
}
for (const name of named.length > 0 ? named : Object.keys(BENCHES)) {
  console.log(`== ${name}`)
  await BENCHES[name]?.()
}
