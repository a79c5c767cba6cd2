import type { Clock } from './clock.js'
import { type Discovery, discoverMetadata, metadataUrl, type ReadDocument } from './discovery.js'

/** @throws {IssuerFault} */
export type FindEndpoint = (read: ReadDocument) => Promise<string>

/** How long what the metadata said is used before they are read anew, in seconds. */
const MAX_AGE = 600

/**
 * Finds the URL of an authorization server's endpoint by the name that it has in the metadata (RFC 8414 section 2).
 * One search at a time. It is renewed in the background; where that fails, the last one that was found goes on.
 */
export function endpointFinder(discovery: Discovery, name: string, clock: Clock): FindEndpoint {
  let held: string | undefined
  let lookedAt = 0
  let pending: Promise<string> | undefined

  async function look(read: ReadDocument): Promise<string> {
    held = metadataUrl(await discoverMetadata(discovery, read), name)
    return held
  }

  function search(read: ReadDocument): Promise<string> {
    pending ??= look(read).finally(() => {
      lookedAt = clock()
      pending = undefined
    })
    return pending
  }

  return read => {
    if (held === undefined) return search(read)
    // Not awaited, and its failure is nobody's: the endpoint that is known serves.
    if (Math.abs(clock() - lookedAt) > MAX_AGE) search(read).catch(() => {})
    return Promise.resolve(held)
  }
}
