import { HOSTILE } from '../properties/hostile.js'
import type { Random } from './random.js'

interface TextMutation {
  readonly name: string
  readonly apply: (bytes: Buffer, random: Random) => Buffer
}

/** Changes to a file that know nothing of what it says. */
const MUTATIONS: readonly TextMutation[] = [
  {
    name: 'flip a byte',
    apply(bytes, random) {
      const changed = Buffer.from(bytes)
      const at = random.below(bytes.length)
      changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8))
      return changed
    },
  },
  {
    name: 'delete bytes',
    apply(bytes, random) {
      const at = random.below(bytes.length)
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.magnitude(1, 400))])
    },
  },
  { name: 'insert bytes', apply: (bytes, random) => insert(bytes, random, Buffer.from([random.below(256)])) },
  {
    name: 'insert a text',
    apply: (bytes, random) => insert(bytes, random, Buffer.from(random.pick([...HOSTILE, ...SYNTAX]))),
  },
  {
    name: 'repeat bytes',
    apply(bytes, random) {
      const at = random.below(bytes.length)
      return insert(bytes, random, bytes.subarray(at, at + random.magnitude(1, 2000)))
    },
  },
  { name: 'truncate', apply: (bytes, random) => bytes.subarray(0, random.below(bytes.length)) },
  {
    name: 'swap lines',
    apply: (bytes, random) =>
      inLines(bytes, lines => {
        const [one, other] = [random.below(lines.length), random.below(lines.length)]
        const kept = lines[one] ?? ''
        lines[one] = lines[other] ?? ''
        lines[other] = kept
      }),
  },
  {
    name: 'repeat lines',
    apply: (bytes, random) =>
      inLines(bytes, lines => {
        const from = random.below(lines.length)
        lines.splice(random.below(lines.length), 0, ...lines.slice(from, from + random.magnitude(1, 30)))
      }),
  },
  {
    name: 'delete lines',
    apply: (bytes, random) =>
      inLines(bytes, lines => lines.splice(random.below(lines.length), random.magnitude(1, 30))),
  },
  {
    name: 'indent lines',
    apply: (bytes, random) =>
      inLines(bytes, lines => {
        const from = random.below(lines.length)
        const to = from + random.magnitude(1, 30)
        const indent = random.pick(['  ', ' ', '\t', '- ', '    '])
        for (let at = from; at < to && at < lines.length; at++) lines[at] = `${indent}${lines[at]}`
      }),
  },
  { name: 'other line ends', apply: (bytes, random) => replaced(bytes, /\n/g, random.pick(['\r\n', '\r', '\u2028'])) },
  { name: 'byte order mark', apply: bytes => Buffer.concat([Buffer.from('\ufeff'), bytes]) },
  { name: 'UTF-16', apply: bytes => Buffer.from(`\ufeff${bytes.toString('utf8')}`, 'utf16le') },
  {
    name: 'change a number',
    apply: (bytes, random) =>
      replacedOnce(
        bytes,
        random,
        /\d+/g,
        random.pick(['1e999', '-1', '0x10', '0o7', '.inf', '1_000', '9'.repeat(400)]),
      ),
  },
  {
    name: 'anchor and aliases',
    apply: (bytes, random) =>
      inLines(bytes, lines => {
        const places = lines.flatMap((line, at) => (/:\s*$/.test(line) ? [at] : []))
        if (places.length < 2) return
        const at = random.pick(places)
        lines[at] = `${lines[at]?.trimEnd()} &anchor`
        for (let count = random.magnitude(1, 5); count > 0; count--) {
          const other = random.pick(places)
          // An alias to what stands around it, or to what stands later, is no rare mistake.
          if (other !== at) lines[other] = `${lines[other]?.trimEnd()} *anchor`
        }
      }),
  },
  {
    name: 'merge key',
    apply: (bytes, random) =>
      inLines(bytes, lines => {
        const at = random.below(lines.length)
        const indent = /^\s*/.exec(lines[at] ?? '')?.[0] ?? ''
        lines.splice(at, 0, `${indent}<<: ${random.pick(['{ a: 1 }', '[{ a: 1 }, { b: 2 }]', '*none', '1', '~'])}`)
      }),
  },
  {
    name: 'rename a word',
    apply(bytes, random) {
      const words = bytes.toString('utf8').match(/[A-Za-z$]{3,}/g) ?? ['a']
      return replacedOnce(bytes, random, /[A-Za-z$]{3,}/g, random.pick(words))
    },
  },
]

const SYNTAX = [
  '&a',
  '*a',
  '!!binary ',
  '!!omap ',
  '!tag ',
  '|',
  '>-',
  '---\n',
  '...\n',
  '%YAML 1.1\n---\n',
  '? ',
  '- ',
]

export function mutateText(bytes: Buffer, random: Random): { readonly name: string; readonly bytes: Buffer } {
  const { name, apply } = random.pick(MUTATIONS)
  return { name, bytes: bytes.length === 0 ? bytes : apply(bytes, random) }
}

function insert(bytes: Buffer, random: Random, inserted: Uint8Array): Buffer {
  const at = random.below(bytes.length)
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at)])
}

/** As Latin-1, so that bytes that are no UTF-8 stay what they are. */
function inLines(bytes: Buffer, change: (lines: string[]) => void): Buffer {
  const lines = bytes.toString('latin1').split('\n')
  change(lines)
  return Buffer.from(lines.join('\n'), 'latin1')
}

function replaced(bytes: Buffer, pattern: RegExp, by: string): Buffer {
  return Buffer.from(bytes.toString('utf8').replace(pattern, () => by))
}

function replacedOnce(bytes: Buffer, random: Random, pattern: RegExp, by: string): Buffer {
  const text = bytes.toString('utf8')
  const chosen = random.below(text.match(pattern)?.length ?? 1)
  let count = 0
  return Buffer.from(text.replace(pattern, found => (count++ === chosen ? by : found)))
}
