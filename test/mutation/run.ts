import { Stryker } from '@stryker-mutator/core'
import { AREAS, OTHER_TESTS } from './areas.js'

/**
 * `npm run mutate -- [AREA…]`: changes the runtime in every way that Stryker knows, and counts what the tests notice.
 * Without an area: all of `runtime/`. Fails below a score of 90.
 */
const OTHER = 'other'
const known = [...Object.keys(AREAS), OTHER]
const asked = process.argv.slice(2)
const unknown = asked.find(name => !known.includes(name))
if (unknown !== undefined) {
  console.error(`no area '${unknown}'; known: ${known.join(', ')}`)
  process.exit(2)
}

let noticed = 0
let unnoticed = 0
for (const name of asked.length > 0 ? asked : known) {
  const { mutate, tests } = AREAS[name] ?? {
    mutate: ['runtime/**/*.ts', ...Object.values(AREAS).flatMap(area => area.mutate.map(one => `!${one}`))],
    tests: OTHER_TESTS,
  }
  process.env.MUTATION_TESTS = tests.join(' ')
  const results = await new Stryker({
    mutate: [...mutate],
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
    ignorePatterns: ['dist', 'specs', 'bench', 'test/out'],
    // What is read once when a module is loaded would need all tests anew, for each mutant.
    ignoreStatic: true,
    // The tests of one area share a folder for what they emit.
    concurrency: 1,
    timeoutMS: 15_000,
    tempDirName: 'test/out/mutation/sandbox',
    reporters: ['clear-text', 'html'],
    clearTextReporter: { reportTests: false },
    htmlReporter: { fileName: `test/out/mutation/${name}.html` },
  }).runMutationTest()
  noticed += results.filter(({ status }) => status === 'Killed' || status === 'Timeout').length
  unnoticed += results.filter(({ status }) => status === 'Survived' || status === 'NoCoverage').length
}
const score = (100 * noticed) / (noticed + unnoticed)
console.log(`mutation score: ${score.toFixed(1)} (${noticed} of ${noticed + unnoticed} mutants were noticed)`)
if (!(score >= 90)) process.exitCode = 1
