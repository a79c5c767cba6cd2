import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { DEFAULT_ALGORITHMS } from '../../runtime/tokens/algorithms.js'
import { dpopProver } from '../../runtime/tokens/dpop.js'
import { baseUrlOf } from '../../runtime/tokens/dpop-target.js'
import { memoryReplayStore } from '../../runtime/tokens/replay-store.js'

/** RFC 9449 section 7.1, figures 12 and 13; the thumbprint is in section 6.1. */
const PROOF = [
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQy',
  'VVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOi',
  'JlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsI',
  'mlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey',
  '71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
].join('')
const TOKEN = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'
const THUMBPRINT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'

test('the example of RFC 9449 is a good proof, at its time and for its request', async () => {
  const request = { rawHeaders: ['dpop', PROOF], method: 'GET', url: '/protectedresource' } as IncomingMessage
  const prove = (at: number, jkt = THUMBPRINT, token = TOKEN) =>
    dpopProver(
      {
        algorithms: DEFAULT_ALGORITHMS,
        baseUrls: [baseUrlOf('https://resource.example.org')],
        maxAge: 60,
        clockTolerance: 5,
        replayStore: memoryReplayStore({}, () => at),
      },
      () => at,
    )(jkt, token, { ...request } as IncomingMessage)
  const iat = 1562262618
  expect(await prove(iat)).toEqual({ granted: true })
  for (const at of [iat - 5, iat + 65]) expect(await prove(at)).toEqual({ granted: true })
  for (const at of [iat - 5.1, iat + 65.1]) expect(await prove(at)).toMatchObject({ code: 'invalid_dpop_proof' })
  expect(await prove(iat, THUMBPRINT.toLowerCase())).toMatchObject({ code: 'invalid_token' })
  expect(await prove(iat, THUMBPRINT, `${TOKEN}.`)).toMatchObject({ description: expect.stringContaining(`'ath'`) })
})
