import { parse, stringify } from 'yaml'
import { type Original, originalFor } from './originals.js'
import { Random } from './random.js'
import { mutateText } from './text-mutations.js'
import { mutateTree, type Tree } from './tree-mutations.js'

/** A document that was changed in a few places at random. */
export interface Mutant {
  /** What it was made of, and what was done. */
  readonly title: string
  /** The first word of each change. */
  readonly kinds: readonly string[]
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly entry: string
}

/** The mutant of a number: the same for the same seed, whatever was made before it. */
export function mutantOf(seed: number, index: number): Mutant {
  const random = new Random(`${seed} ${index}`)
  const original = originalFor(random)
  const file = random.chance(0.7) ? original.entry : random.pick([...original.files.keys()])
  const bytes = Buffer.from(original.files.get(file) ?? [])
  const isTree = random.chance(0.7)
  const changed = (isTree && mutatedTree(bytes, random)) || mutatedText(bytes, random)
  const files = new Map([...original.files, [file, changed.bytes]])
  return {
    title: [nameOf(original, file), ...changed.steps].join('\n  '),
    kinds: changed.steps.map(kindOf),
    files,
    entry: original.entry,
  }
}

function nameOf({ name, entry }: Original, file: string): string {
  return file === entry ? name : `${name}, ${file}`
}

function kindOf(step: string): string {
  return step.replace(/:.*$/s, '')
}

interface Changed {
  readonly bytes: Buffer
  readonly steps: readonly string[]
}

function mutatedText(bytes: Buffer, random: Random): Changed {
  const steps: string[] = []
  let changed = bytes
  for (let count = random.magnitude(1, 6); count > 0; count--) {
    const { name, bytes } = mutateText(changed, random)
    changed = bytes
    steps.push(name)
  }
  return { bytes: changed, steps }
}

function mutatedTree(bytes: Buffer, random: Random): Changed | undefined {
  const root = parsed(bytes.toString('utf8'))
  if (typeof root !== 'object' || root === null) return undefined
  const tree: Tree = { root, later: new Map() }
  const steps: string[] = []
  for (let count = random.magnitude(1, 8); count > 0; count--) steps.push(mutateTree(tree, random))
  return { bytes: Buffer.from(textOf(tree, random)), steps }
}

function parsed(text: string): unknown {
  try {
    return text.trimStart().startsWith('{') ? JSON.parse(text) : parse(text, { logLevel: 'silent', merge: true })
  } catch {
    // Some of the originals are malformed on purpose.
    return undefined
  }
}

function textOf({ root, later }: Tree, random: Random): string {
  let text = random.chance(0.4) ? yamlText(root) : JSON.stringify(root, null, random.pick([0, 2]))
  for (const [stand, written] of later) text = text.replaceAll(`"${stand}"`, () => written)
  return text
}

function yamlText(root: unknown): string {
  try {
    // Nodes that are used twice get an anchor and aliases.
    return stringify(root, { lineWidth: 0, defaultKeyType: 'QUOTE_DOUBLE', defaultStringType: 'QUOTE_DOUBLE' })
  } catch {
    return JSON.stringify(root)
  }
}
