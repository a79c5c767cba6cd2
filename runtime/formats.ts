import { isIPv4, isIPv6 } from 'node:net'
import { isReference, isUri } from './uri.js'

type TextFormat = (text: string) => boolean

export interface NumberFormat {
  readonly type: 'number'
  readonly validate: (value: number) => boolean
}

/**
 * The values of JSON Schema's `format`, and of OpenAPI's registry of them, that are held to: those that a standard gives
 * a grammar. Any other is an annotation. Each takes what its standard allows, and no text makes one slow.
 *
 * Not checked: whether what is named exists. A number that JavaScript cannot hold exactly is still an `int64`.
 */
export const formats = {
  date: isDate,
  time: isTime,
  'date-time': isDateTime,
  'time-local': isLocalTime,
  'date-time-local': (text: string) => parted(text, isLocalTime),
  duration: matches(/^P(?!$)(?:(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?|\d+W)$/),
  'http-date': isHttpDate,
  email: (text: string) => isEmail(text, ASCII_LOCAL, isHostname),
  'idn-email': (text: string) => isEmail(text, ANY_LOCAL, isAnyHostname),
  hostname: isHostname,
  ipv4: isIPv4,
  ipv6: isPlainIPv6,
  uri: (text: string) => isUri(text, 'ascii'),
  'uri-reference': (text: string) => isReference(text, 'ascii'),
  iri: (text: string) => isUri(text, 'unicode'),
  'iri-reference': (text: string) => isReference(text, 'unicode'),
  'uri-template': isUriTemplate,
  // RFC 9562 section 4
  uuid: matches(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i),
  regex: isRegex,
  // RFC 6901 section 3
  'json-pointer': matches(/^(?:\/(?:[^~/]|~[01])*)*$/),
  'relative-json-pointer': matches(/^(?:0|[1-9]\d*)(?:#|(?:\/(?:[^~/]|~[01])*)*)$/),
  byte: isBase64,
  base64url: isBase64Url,
  char: matches(/^[\s\S]$/u),
  int8: signed(8),
  int16: signed(16),
  int32: signed(32),
  int64: signed(64),
  uint8: unsigned(8),
  uint16: unsigned(16),
  uint32: unsigned(32),
  uint64: unsigned(64),
  // The registry recommends text for integers beyond 53 bits.
  'int64 as text': (text: string) => isIntegerText(text, -(2n ** 63n), 2n ** 63n - 1n),
  'uint64 as text': (text: string) => isIntegerText(text, 0n, 2n ** 64n - 1n),
  'double-int': { type: 'number', validate: Number.isSafeInteger },
} as const satisfies { readonly [name: string]: TextFormat | NumberFormat }

function matches(expression: RegExp): TextFormat {
  return text => expression.test(text)
}

function signed(bits: number): NumberFormat {
  const limit = 2 ** (bits - 1)
  return { type: 'number', validate: value => Number.isInteger(value) && value >= -limit && value < limit }
}

function unsigned(bits: number): NumberFormat {
  const limit = 2 ** bits
  return { type: 'number', validate: value => Number.isInteger(value) && value >= 0 && value < limit }
}

function isIntegerText(text: string, least: bigint, most: bigint): boolean {
  // Longer ones would cost more to read than they are worth.
  if (!/^-?\d{1,40}$/.test(text)) return false
  const value = BigInt(text)
  return value >= least && value <= most
}

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** RFC 3339 section 5.6, `full-date`. */
function isDate(text: string): boolean {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  return found !== null && isDay(Number(found[1]), Number(found[2]), Number(found[3]))
}

function isDay(year: number, month: number, day: number): boolean {
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = month === 2 && !isLeapYear ? 28 : (DAYS[month - 1] ?? 0)
  return day >= 1 && day <= days
}

/** RFC 3339 section 5.6, `full-time`. A leap second ends a day in UTC (section 5.7). */
function isTime(text: string): boolean {
  const found = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:z|([+-])(\d\d):(\d\d))$/i.exec(text)
  if (!found) return false
  const part = (index: number) => Number(found[index] ?? 0)
  const [hour, minute, second, offsetHour, offsetMinute] = [part(1), part(2), part(3), part(5), part(6)]
  if (hour > 23 || minute > 59 || offsetHour > 23 || offsetMinute > 59) return false
  if (second < 60) return true
  const offset = (offsetHour * 60 + offsetMinute) * (found[4] === '-' ? -1 : 1)
  const inUtc = (hour * 60 + minute - offset + 24 * 60) % (24 * 60)
  return second === 60 && inUtc === 23 * 60 + 59
}

/** RFC 3339 section 5.6, `partial-time`. */
function isLocalTime(text: string): boolean {
  return /^(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?$/.test(text)
}

function isDateTime(text: string): boolean {
  return parted(text, isTime)
}

function parted(text: string, isRest: TextFormat): boolean {
  return /^t$/i.test(text.charAt(10)) && isDate(text.slice(0, 10)) && isRest(text.slice(11))
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** RFC 9110 section 5.6.7, `IMF-fixdate`; the obsolete forms are for recipients, not for documents. */
function isHttpDate(text: string): boolean {
  const found =
    /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60) GMT$/.exec(
      text,
    )
  const [, day, month, year] = found ?? []
  return isDay(Number(year), MONTHS.indexOf(month ?? '') + 1, Number(day))
}

/** RFC 1123 section 2.1; a final dot is that of the root. */
function isHostname(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  return name.length <= 253 && name.split('.').every(label => /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i.test(label))
}

/** Which labels IDNA allows is a table that changes from year to year: any character beyond ASCII may be one of them. */
function isAnyHostname(text: string): boolean {
  return isHostname(text.replace(/[\u{80}-\u{10ffff}]/gu, 'x'))
}

// RFC 5321 section 4.1.2, `Local-part`; RFC 6531 section 3.3 adds what is beyond ASCII.
const ASCII_LOCAL = /^(?:[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*|"(?:[ !#-[\]-~]|\\[ -~])*")$/
const ANY_LOCAL =
  /^(?:[\w!#$%&'*+/=?^`{|}~\x80-\u{10ffff}-]+(?:\.[\w!#$%&'*+/=?^`{|}~\x80-\u{10ffff}-]+)*|"(?:[ !#-[\]-~\x80-\u{10ffff}]|\\[ -~])*")$/u

function isEmail(text: string, local: RegExp, isDomain: TextFormat): boolean {
  const at = text.lastIndexOf('@')
  const domain = text.slice(at + 1)
  if (at < 1 || !local.test(text.slice(0, at))) return false
  const [, literal] = /^\[(.*)\]$/.exec(domain) ?? []
  if (literal === undefined) return !domain.endsWith('.') && isDomain(domain)
  return isIPv4(literal) || (/^IPv6:/i.test(literal) && isPlainIPv6(literal.slice(5)))
}

/** Without the zone that Node.js would take, too: it means something on one machine only. */
function isPlainIPv6(text: string): boolean {
  return isIPv6(text) && !text.includes('%')
}

/** RFC 6570 section 2. */
function isUriTemplate(text: string): boolean {
  const literals = text.replace(/\{[+#./;?&=,!@|]?([^{}]*)\}/g, (expression: string, names: string) =>
    names.split(',').every(name => VARIABLE.test(name)) ? 'x' : expression,
  )
  return /^(?:[^\p{Cc} "%<>\\^`{|}]|%[\da-f]{2})*$/iu.test(literals)
}

const VARIABLE = /^(?:\w|%[\da-f]{2})(?:\.?(?:\w|%[\da-f]{2}))*(?:\*|:[1-9]\d{0,3})?$/i

/** ECMA-262 section 22.2.1, with the `u` flag or without. */
function isRegex(text: string): boolean {
  return ['u', ''].some(flags => {
    try {
      new RegExp(text, flags)
      return true
    } catch {
      return false
    }
  })
}

/** RFC 4648 section 4. */
function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z\d+/]*={0,2}$/.test(text)
}

/** RFC 4648 section 5: the padding may be left out. */
function isBase64Url(text: string): boolean {
  if (!/^[\w-]*={0,2}$/.test(text)) return false
  return text.endsWith('=') ? text.length % 4 === 0 : text.length % 4 !== 1
}
