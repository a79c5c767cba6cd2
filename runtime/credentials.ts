import type { IncomingMessage } from 'node:http'
import type { SecurityScheme } from './policy.js'
import type { Credential, TokenType } from './verifier.js'

/**
 * What a request holds for one scheme: its credential, or nothing; `unusable` is a credential of another kind or a
 * malformed one in the place where this scheme's belongs; `repeated` is one sent twice or in two ways.
 */
export type Found = Credential | 'nothing' | 'unusable' | 'repeated'

/** Cuts one scheme's credential out of a request. `query` is the raw query string, without `?`. */
export type ReadCredential = (request: IncomingMessage, query: string) => Found

/**
 * How the credentials of `scheme` travel (OpenAPI's Security Scheme Object; RFC 6750, RFC 7617, RFC 9110 section 11).
 * Certificates are found by their verifier, which knows the proxies that may forward one.
 * @param tokenTypes how the scheme's verifier takes access tokens.
 */
export function credentialReader(
  scheme: Exclude<SecurityScheme, { type: 'mutualTLS' }>,
  tokenTypes: readonly TokenType[] = ['Bearer'],
): ReadCredential {
  if (scheme.type === 'apiKey') {
    const { name } = scheme
    if (scheme.in === 'query') return (_request, query) => single(queryValues(query, name))
    if (scheme.in === 'cookie') return request => single(cookieValues(request.headers.cookie, name))
    const lowerCased = name.toLowerCase()
    return request => single(headerValues(request, lowerCased))
  }
  if (scheme.type !== 'http' || scheme.scheme === 'bearer') return tokenReader(tokenTypes)
  if (scheme.scheme === 'dpop') return tokenReader(['DPoP'])
  return scheme.scheme === 'basic' ? readBasic : httpReader(scheme.scheme)
}

function single(values: readonly string[]): Found {
  const [key] = values
  if (key === undefined) return 'nothing'
  if (values.length > 1) return 'repeated'
  return key === '' ? 'unusable' : { kind: 'apiKey', key }
}

const LOWER_CASE = { Bearer: 'bearer', DPoP: 'dpop' } as const

function tokenReader(tokenTypes: readonly TokenType[]): ReadCredential {
  return (request, query) => {
    const fields = headerValues(request, 'authorization')
    const [field] = fields
    if (field === undefined) return 'nothing'
    // RFC 6750 section 2: one token, in one way. Only the header is read; a second token elsewhere is a refusal.
    if (fields.length > 1) return 'repeated'
    for (const tokenType of tokenTypes) {
      const token = credentialsOf(field, LOWER_CASE[tokenType])
      if (token === undefined) continue
      const again = query !== '' && queryValues(query, 'access_token').length > 0
      return again ? 'repeated' : { kind: 'bearer', token, tokenType }
    }
    return 'unusable'
  }
}

const readBasic: ReadCredential = request => {
  const fields = headerValues(request, 'authorization')
  const [field] = fields
  if (field === undefined) return 'nothing'
  if (fields.length > 1) return 'repeated'
  const text = userPass(credentialsOf(field, 'basic'))
  const colon = text?.indexOf(':') ?? -1
  if (text === undefined || colon < 0) return 'unusable'
  return { kind: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** Longest credentials of a scheme that is not known here, in characters: their verifier is somebody's own parser. */
const MAX_CREDENTIALS = 16_384

function httpReader(scheme: string): ReadCredential {
  return request => {
    const fields = headerValues(request, 'authorization')
    const [field] = fields
    if (field === undefined) return 'nothing'
    if (fields.length > 1) return 'repeated'
    // RFC 9110 section 11.4: the name, then spaces, then one token68 or any number of parameters.
    const [, name, credentials] = /^([^ ]+) +(.+)$/.exec(field) ?? []
    if (name?.toLowerCase() !== scheme || credentials === undefined) return 'unusable'
    return credentials.length > MAX_CREDENTIALS ? 'unusable' : { kind: 'http', credentials }
  }
}

/** What follows the scheme's name and exactly one space; the name in any case (RFC 9110 section 11.1). */
function credentialsOf(field: string, scheme: string): string | undefined {
  const { length } = scheme
  if (field[length] !== ' ' || field.slice(0, length).toLowerCase() !== scheme) return undefined
  const value = field.slice(length + 1)
  return value === '' || value.includes(' ') ? undefined : value
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function userPass(encoded: string | undefined): string | undefined {
  if (encoded === undefined) return undefined
  const bytes = Buffer.from(encoded, 'base64')
  // Buffer passes over what is no base64; written again, it shows.
  if (bytes.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, '')) return undefined
  try {
    const text = utf8.decode(bytes)
    // RFC 7617 section 2: neither may hold control characters.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    return /[\u0000-\u001f\u007f]/.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

/** Every field of that name, as sent: `request.headers` joins or drops the second of two. */
export function headerValues(request: IncomingMessage, name: string): string[] {
  const { rawHeaders } = request
  const values: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const field = rawHeaders[index] as string
    if (field.length === name.length && field.toLowerCase() === name) values.push(rawHeaders[index + 1] as string)
  }
  return values
}

function queryValues(query: string, name: string): string[] {
  return query === '' ? [] : new URLSearchParams(query).getAll(name)
}

function cookieValues(header: string | undefined, name: string): string[] {
  if (header === undefined) return []
  const values: string[] = []
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals >= 0 && pair.slice(0, equals).trim() === name) values.push(cookieValue(pair.slice(equals + 1).trim()))
  }
  return values
}

function cookieValue(text: string): string {
  const bare = text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
  try {
    return decodeURIComponent(bare)
  } catch {
    return bare
  }
}
