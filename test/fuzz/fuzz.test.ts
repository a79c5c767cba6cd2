import { rmSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { Campaign, campaignFolder } from './campaign.js'
import { tallyOf } from './tally.js'

const SEED = 4
const MUTANTS = 60

const folder = campaignFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// For as long as you like: npm run fuzz -- SECONDS [SEED]
test('a mutated document is generated whole, or refused with a diagnostic and nothing written', async () => {
  await using campaign = new Campaign(folder, SEED)
  const tally = tallyOf()
  for (let index = 0; index < MUTANTS; index++) {
    const tried = await campaign.attempt(index)
    tally.add(tried)
    expect(tried.verdict.faults, `mutant ${index}: ${tried.mutant.title}`).toEqual([])
  }
  // Were all of them the one, the other would not have been shown.
  expect(tally.written).toBeGreaterThan(MUTANTS / 10)
  expect(tally.refused).toBeGreaterThan(MUTANTS / 10)
}, 600_000)
