import { rmSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { campaignFolder } from '../campaign.js'
import { fuzzRequests } from './campaign.js'

const REQUESTS = 4000

const folder = campaignFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// As many as you like: npm run fuzz -- requests COUNT [SEED]
test('a mutated request is answered as the document says, and nothing forged is let in', async () => {
  const { faults, answers, goodRuns } = await fuzzRequests(folder, 5, REQUESTS)
  expect(faults).toEqual([])
  // Had all been refused alike, nothing would have been shown.
  for (const status of ['200', '400', '401', '403', '404', '405', '415', '501']) {
    expect(answers.get(status) ?? 0, status).toBeGreaterThan(2)
  }
  expect(goodRuns).toBeGreaterThan(REQUESTS / 20)
}, 300_000)
