import { lookup } from 'node:dns'
import { request as requestHttp } from 'node:http'
import { type RequestOptions, request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from './remote-url.js'

/** The largest document that is fetched, in bytes. */
const LARGEST = 10 * 1024 * 1024
/** For one document, from the look-up of its host to the last byte, in seconds. */
const LONGEST = 30

export interface FetchOptions {
  /** Connect to addresses of this machine and of private networks, too. */
  readonly anyAddress: boolean
  /** Default 10 MiB. */
  readonly largest?: number
  /** In seconds. Default 30. */
  readonly longest?: number
}

export type Fetched =
  | { readonly bytes: Buffer }
  /** `isPrivate`: nothing was asked, because of the address. */
  | { readonly reason: string; readonly isPrivate?: true }

/**
 * Fetches one document: GET without credentials, redirects refused, certificates checked whatever the environment
 * says, within limits of size and time. Never rejects: what went wrong is told in words.
 */
export function fetchDocument(url: URL, options: FetchOptions): Promise<Fetched> {
  const { anyAddress, largest = LARGEST, longest = LONGEST } = options
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  // For an address in the URL itself nothing is looked up.
  if (!anyAddress && isIP(literal) !== 0 && !isPublicAddress(literal)) return Promise.resolve(privateAddress(literal))
  const signal = AbortSignal.timeout(longest * 1000)
  return new Promise(settle => {
    const done = (fetched: Fetched) => {
      settle(fetched)
      request.destroy()
    }
    const settings: RequestOptions = {
      method: 'GET',
      headers: { Accept: 'application/json, application/yaml, */*;q=0.1', 'Accept-Encoding': 'identity' },
      agent: false,
      rejectUnauthorized: true,
      signal,
      ...(!anyAddress && { lookup: publicLookup }),
    }
    const request = url.protocol === 'http:' ? requestHttp(url, settings) : requestHttps(url, settings)
    const fail = (error: Error) => {
      if (error instanceof PrivateAddress) done(privateAddress(error.address))
      else done({ reason: signal.aborted ? `it took longer than ${longest} seconds` : error.message })
    }
    request.on('error', fail)
    request.on('response', response => {
      const { statusCode = 0, headers } = response
      const encoding = headers['content-encoding'] ?? 'identity'
      if (statusCode >= 300 && statusCode < 400) {
        const to = headers.location === undefined ? '' : ` to ${JSON.stringify(headers.location)}`
        return done({ reason: `it redirects${to}, and redirects are not followed` })
      }
      if (statusCode !== 200) return done({ reason: `the answer is ${statusCode}` })
      if (encoding.toLowerCase() !== 'identity') return done({ reason: `it is encoded as ${JSON.stringify(encoding)}` })
      const chunks: Buffer[] = []
      let size = 0
      response.on('error', fail)
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        chunks.push(chunk)
        if (size > largest) done({ reason: `it is larger than ${largest.toLocaleString('en')} bytes` })
      })
      response.on('end', () => {
        if (response.complete) done({ bytes: Buffer.concat(chunks) })
      })
    })
    request.end()
  })
}

/** Looks a host up for a connection, and refuses it where any of its addresses is one that only this machine reaches. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? []
    const hidden = addresses?.find(({ address }) => !isPublicAddress(address))
    if (error !== null) callback(error, '', 0)
    else if (hidden !== undefined || first === undefined)
      callback(new PrivateAddress(hidden?.address ?? hostname), '', 0)
    else if (options.all === true) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}

class PrivateAddress extends Error {
  constructor(readonly address: string) {
    super('private address')
  }
}

function privateAddress(address: string): Fetched {
  return { reason: `its host is at ${address}, an address that is not public`, isPrivate: true }
}
