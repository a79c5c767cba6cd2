import { allows, expected, fault, memberSchema, type Reading, readTexts, type TextFault } from './text-values.js'
import type { TextSchema } from './validator.js'

type Texts = readonly string[]
type Decode = (text: string) => string | undefined

/** What was sent under a name: texts, or members in brackets. */
interface Branch {
  texts?: Texts
  readonly members: Map<string, Branch>
}

/** Pairs of brackets behind a name. The document's own schemas are never read deeper. */
const MAX_DEPTH = 8

// What a schema leaves open is read as it is spelled; the compiled schema decides whether it may be there at all.
const OPEN: TextSchema = { type: ['string', 'array', 'object'] }

const BRACKETS = /^(?:\[[^[\]]*\])+$/

/** Is `member` the parameter `name`, or a part of it: `name[…]`? */
export function isDeepMember(name: string, member: string): boolean {
  return member.startsWith(name) && (member.length === name.length || member[name.length] === '[')
}

/**
 * Reads `name[a]=1&name[b][c]=2`, the style `deepObject`. OpenAPI describes members with one value only; beyond that,
 * as is common: members in members, and lists spelled `name[a]=1&name[a]=2`, `name[a][]=1` or `name[a][0]=1`. Where a
 * schema takes an object as well as a list, `[0]` is the name of a member.
 * @param members decoded names with their values, still encoded.
 */
export function readDeepObject(
  name: string,
  members: ReadonlyMap<string, Texts>,
  schema: TextSchema,
  decode: Decode,
  fits: (value: unknown) => boolean,
): Reading | undefined {
  const root: Branch = { members: new Map() }
  for (const [member, texts] of members) {
    if (!isDeepMember(name, member)) continue
    const brackets = member.slice(name.length)
    if (brackets !== '' && !BRACKETS.test(brackets)) return fault([], `must be spelled ${name}[member]`)
    const keys = brackets === '' ? [] : brackets.slice(1, -1).split('][')
    if (keys.length > MAX_DEPTH) return fault([], 'is nested too deeply')
    branchAt(root, keys).texts = texts
  }
  if (root.texts === undefined && root.members.size === 0) return undefined
  return readBranch(root, schema, decode, fits)
}

function branchAt(root: Branch, keys: readonly string[]): Branch {
  let at = root
  for (const key of keys) {
    const next = at.members.get(key) ?? { members: new Map() }
    at.members.set(key, next)
    at = next
  }
  return at
}

function readBranch(
  { texts, members }: Branch,
  schema: TextSchema,
  decode: Decode,
  fits?: (value: unknown) => boolean,
): Reading {
  if (texts !== undefined) {
    if (members.size > 0) return fault([], 'must not have both a value and members')
    return readTexts(texts, schema, { decode, delimited: false, pairs: false }, fits)
  }
  const appended = members.get('')
  if (appended) {
    if (!allows(schema, 'array')) return fault([], 'must name its members')
    if (members.size > 1 || appended.texts === undefined || appended.members.size > 0) {
      return fault([], 'must number its items, [0], [1] and so on, or append them all with []')
    }
    const list: TextSchema = { ...schema, type: 'array' }
    return readTexts(appended.texts, list, { decode, delimited: false, pairs: false })
  }
  if (allows(schema, 'object')) return readObject(members, schema, decode)
  return allows(schema, 'array') ? readList(members, schema, decode) : fault([], expected(schema))
}

function readList(members: Branch['members'], { items = OPEN }: TextSchema, decode: Decode): Reading {
  const values: unknown[] = []
  const faults: TextFault[] = []
  for (let index = 0; index < members.size; index++) {
    const item = members.get(String(index))
    if (!item) return fault([], 'must number its items from 0, without gaps')
    const reading = readBranch(item, items, decode)
    if ('value' in reading) values.push(reading.value)
    else faults.push(...reading.faults.map(({ path, detail }) => ({ path: [index, ...path], detail })))
  }
  return faults.length > 0 ? { faults } : { value: values }
}

function readObject(members: Branch['members'], schema: TextSchema, decode: Decode): Reading {
  // A member may be called `__proto__` or `constructor`: without a prototype, it is a member as any other.
  const value: Record<string, unknown> = Object.create(null)
  const faults: TextFault[] = []
  for (const [name, branch] of members) {
    const reading = readBranch(branch, memberSchema(schema, name) ?? OPEN, decode)
    if ('value' in reading) value[name] = reading.value
    else faults.push(...reading.faults.map(({ path, detail }) => ({ path: [name, ...path], detail })))
  }
  return faults.length > 0 ? { faults } : { value }
}
