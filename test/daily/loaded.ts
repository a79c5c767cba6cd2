import { createRequire } from 'node:module'
import { run } from '../../generator/cli.js'

// Which of the compilers behind did a run load? Printed as the last line.
await run(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr })
const paths = Object.keys(createRequire(import.meta.url).cache).map(path => path.replaceAll('\\', '/'))
const packages = new Set(paths.flatMap(path => /node_modules\/(typescript|ts-morph|ajv)\//.exec(path)?.[1] ?? []))
process.stdout.write(`loaded: ${[...packages].sort().join(' ') || 'none'}\n`)
