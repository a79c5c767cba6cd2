import { isIPv6 } from 'node:net'

/** `ascii` for RFC 3986, `unicode` for RFC 3987, which adds what is beyond ASCII. */
type Alphabet = 'ascii' | 'unicode'

interface Characters {
  readonly userinfo: RegExp
  readonly host: RegExp
  readonly path: RegExp
  readonly query: RegExp
  readonly fragment: RegExp
}

// RFC 3987 section 2.2, `ucschar` and `iprivate`.
const UCSCHAR =
  '\\u{a0}-\\u{d7ff}\\u{f900}-\\u{fdcf}\\u{fdf0}-\\u{ffef}' +
  Array.from({ length: 14 }, (_, plane) => plane + 1)
    .map(plane => `\\u{${plane.toString(16)}${plane === 14 ? '1000' : '0000'}}-\\u{${plane.toString(16)}fffd}`)
    .join('')
const PRIVATE = '\\u{e000}-\\u{f8ff}\\u{f0000}-\\u{ffffd}\\u{100000}-\\u{10fffd}'

const ALPHABETS: { readonly [alphabet in Alphabet]: Characters } = {
  ascii: charactersOf('', ''),
  unicode: charactersOf(UCSCHAR, PRIVATE),
}

/** RFC 3986 section 2: `unreserved`, `sub-delims` and `pct-encoded`, with what each part allows besides. */
function charactersOf(more: string, inQuery: string): Characters {
  const some = (besides: string) => new RegExp(`^(?:[\\w\\-.~!$&'()*+,;=${besides}${more}]|%[\\da-fA-F]{2})*$`, 'u')
  return {
    userinfo: some(':'),
    host: some(''),
    path: some(':@/'),
    query: some(`:@/?${inQuery}`),
    fragment: some(':@/?'),
  }
}

/** Has `text` a scheme, as an URI must (RFC 3986 section 3)? */
export function isUri(text: string, alphabet: Alphabet): boolean {
  return SCHEME.test(text) && isReference(text, alphabet)
}

const SCHEME = /^[a-z][a-z\d+.-]*:/i

/** Is `text` an URI or a relative reference (RFC 3986 section 4.1)? */
export function isReference(text: string, alphabet: Alphabet): boolean {
  const allowed = ALPHABETS[alphabet]
  const rest = text.replace(SCHEME, '')
  const { authority, path = '', query = '', fragment = '' } = partsOf(rest)
  if (!allowed.path.test(path)) return false
  if (!allowed.query.test(query) || !allowed.fragment.test(fragment)) return false
  if (authority !== undefined) return isAuthority(authority, allowed)
  // Without a scheme, a colon in the first segment would end one.
  return rest !== text || !path.replace(/\/.*$/s, '').includes(':')
}

const PARTS = /^(?:\/\/(?<authority>[^/?#]*))?(?<path>[^?#]*)(?:\?(?<query>[^#]*))?(?:#(?<fragment>.*))?$/s

/** It matches any text. */
function partsOf(text: string): { readonly [part: string]: string | undefined } {
  return PARTS.exec(text)?.groups as { [part: string]: string | undefined }
}

function isAuthority(authority: string, allowed: Characters): boolean {
  const { userinfo = '', literal, host = '' } = AUTHORITY.exec(authority)?.groups ?? { host: '[' }
  if (!allowed.userinfo.test(userinfo)) return false
  return literal === undefined ? allowed.host.test(host) : isLiteral(literal)
}

const AUTHORITY = /^(?:(?<userinfo>[^@]*)@)?(?:\[(?<literal>[^\]]*)\]|(?<host>[^:@[\]]*))(?::\d*)?$/

/** RFC 3986 section 3.2.2, `IPv6address` or `IPvFuture`; RFC 6874 section 2 for a zone. */
function isLiteral(text: string): boolean {
  if (/^v[\da-f]+\.[\w\-.~!$&'()*+,;=:]+$/i.test(text)) return true
  const [address = '', zone, ...others] = text.split('%25')
  if (others.length > 0 || (zone !== undefined && !/^(?:[\w.~-]|%[\da-f]{2})+$/i.test(zone))) return false
  return isIPv6(address) && !address.includes('%')
}
