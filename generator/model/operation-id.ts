import { createHash } from 'node:crypto'
import type { Location } from '../diagnostics/diagnostic.js'
import { error, show } from './faults.js'
import type { ReportPair } from './paths.js'

/**
 * Names that an operation must not have in emitted code: TypeScript's reserved words, names that modules and objects
 * give a meaning to, what a stub imports, and file names that are taken (`index`) or that Windows keeps for devices.
 */
const TAKEN = new Set(
  `break case catch class const continue debugger default delete do else enum export extends false finally for
  function if import in instanceof new null return super switch this throw true try typeof var void while with
  implements interface let package private protected public static yield await async arguments eval undefined NaN
  Infinity constructor prototype then Handlers notImplemented index con prn aux nul com1 com2 com3 com4 com5 com6
  com7 com8 com9 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9`.split(/\s+/),
)

/**
 * An operation's name in emitted code: its `operationId` where that is an identifier, else words joined in camel
 * case (`repos/get` → `reposGet`); without one, method and path (`GET /users/{id}` → `getUsersById`). One that is longer
 * than the names of files may be ends with a digest of the whole.
 */
export function operationName(operationId: string | undefined, method: string, path: string): string {
  const name = operationId === undefined ? '' : identifier(operationId)
  return settle(short(name === '' ? identifier(`${method} ${pathWords(path)}`) : name))
}

/** Bytes of a name. File systems take 255, with an ending, and with that of a file that is being written. */
const MOST_BYTES = 200

function short(name: string): string {
  if (Buffer.byteLength(name) <= MOST_BYTES) return name
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16)
  const characters = [...name].slice(0, MOST_BYTES)
  while (Buffer.byteLength(characters.join('')) > MOST_BYTES - digest.length - 1) characters.pop()
  return `${characters.join('')}_${digest}`
}

function pathWords(path: string): string {
  const words = path.replace(/\{([^{}]*)\}/g, ' by $1 ').trim()
  return words === '/' || words === '' ? 'root' : words
}

/** Letters and digits of which every compiler agrees that identifiers hold them: none beyond Unicode's first plane. */
const WORDS = /(?:(?=[\p{ID_Continue}$])[\p{L}\p{N}_$](?<![\u{10000}-\u{10ffff}]))+/gu

function identifier(text: string): string {
  const normal = text.normalize('NFC')
  const [first = '', ...rest] = normal.match(WORDS) ?? []
  return first + rest.map(word => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

function settle(name: string): string {
  const safe = /^[\p{ID_Start}_$]/u.test(name) ? name : `_${name}`
  return TAKEN.has(safe) || TAKEN.has(safe.toLowerCase()) || safe.startsWith('__') ? `${safe}_` : safe
}

export interface NamedOperation {
  /** Its name in emitted code; absent for an operation that is not emitted. */
  readonly id?: string
  readonly operationId?: string | undefined
  /** `GET /path`, for messages. */
  readonly name: string
  readonly location: Location
}

/** Each operation has a name, and so a file, of its own. */
export function checkNames<One extends NamedOperation>(operations: readonly One[], report: ReportPair<One>): void {
  const names = new Map<string, One>()
  for (const one of operations) {
    if (one.id === undefined) continue
    // Without case: file systems exist on which getUser.ts and getuser.ts are one file.
    const key = one.id.toLowerCase()
    const other = names.get(key)
    if (!other) {
      names.set(key, one)
      continue
    }
    const same = one.operationId !== undefined && one.operationId === other.operationId
    report(
      error({
        code: same ? 'operation-id-duplicate' : 'operation-name-collision',
        message: same
          ? `${one.name} and ${other.name} have the same operationId ${show(one.operationId)}`
          : `${one.name} and ${other.name} would both be named ${show(one.id)}`,
        help: 'give each an operationId of its own, different in more than upper and lower case',
        location: one.location,
        notes: [{ message: `${other.name} is here`, location: other.location }],
      }),
      other,
      one,
    )
  }
}
