import { rmSync } from 'node:fs'
import { Campaign, campaignFolder } from './campaign.js'
import { fuzzRequests } from './requests/campaign.js'
import { tallyOf } from './tally.js'

/** `run.ts requests COUNT [SEED]`: so many mutated requests to what is served. */
if (process.argv[2] === 'requests') {
  const [count = 1_000_000, seed = Math.floor(Math.random() * 1e9)] = process.argv.slice(3).map(Number)
  const folder = campaignFolder()
  const { answers, faults, goodRuns, heaps } = await fuzzRequests(folder, seed, count)
  console.log(`seed ${seed}: ${count} requests; let in with good credentials: ${goodRuns}`)
  console.log(
    `answers: ${[...answers]
      .sort()
      .map(one => one.join(' '))
      .join(', ')}`,
  )
  console.log(`heap of the server, in MB, at the tenths: ${heaps.map(one => (one / 1e6).toFixed(1)).join(' ')}`)
  for (const one of faults.slice(0, 20)) console.log(`\n${one}`)
  if (faults.length > 20) console.log(`\nand ${faults.length - 20} more`)
  rmSync(folder, { recursive: true, force: true })
  process.exit(faults.length > 0 ? 1 : 0)
}

/** `run.ts SECONDS [SEED [INDEX]]`: mutants for that long, or the one of that index alone. */
const [seconds = 600, seed = Math.floor(Math.random() * 1e9), only] = process.argv.slice(2).map(Number)
if (![seconds, seed, only ?? 0].every(one => Number.isInteger(one) && one >= 0)) {
  console.error('usage: npm run fuzz -- SECONDS [SEED [INDEX]], or npm run fuzz -- requests COUNT [SEED]')
  process.exit(2)
}

const folder = campaignFolder()
const end = performance.now() + seconds * 1000
const tally = tallyOf()
{
  await using campaign = new Campaign(folder, seed)
  for (let index = only ?? 0; only === undefined ? performance.now() < end : index === only; index++) {
    const tried = await campaign.attempt(index)
    tally.add(tried)
    const { faults } = tried.verdict
    if (faults.length > 0)
      console.log(`\nseed ${seed}, mutant ${index}: ${tried.mutant.title}\n  ${faults.join('\n  ')}`)
  }
}
console.log(`\nseed ${seed}: ${tally.text()}`)
if (tally.faulty > 0) {
  console.log(`\n${tally.faulty} mutants with faults are in ${folder}; one alone: npm run fuzz -- 0 ${seed} INDEX`)
  process.exitCode = 1
} else rmSync(folder, { recursive: true, force: true })
