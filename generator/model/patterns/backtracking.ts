import { overlap } from './characters.js'
import type { Expression } from './syntax.js'

/** Ways through a pattern that are tried one after the other, at most. */
const MOST_WAYS = 256
/** Code points that are read from one place of the text, at most, where an attempt is made at every place. */
const MOST_READ = 2048
const MOST_PLACES = 2000
const MOST_STEPS = 200_000
/** A repetition that is longer is looked at as a loop. */
const MOST_COPIES = 500

/**
 * Is a test by backtracking linear in the length of the text? `false` means that this is not known.
 *
 * The places of the pattern where a code point is read must follow each other so that the next one decides where to go
 * (Brüggemann-Klein and Wood call such expressions one-unambiguous): whatever else was tried fails at once. Where it
 * does not decide, outside of loops, the ways are counted instead. Lookaround and backreferences are not known.
 */
export function isLinear(expression: Expression): boolean {
  const needed = withoutTail(expression)
  try {
    return [false, true].some(counting => {
      const ways = new Places(counting).ways(needed)
      return ways <= MOST_WAYS && (isAnchored(needed) || ways * longest(needed) <= MOST_READ)
    })
  } catch (error) {
    if (error instanceof NotKnown) return false
    throw error
  }
}

class NotKnown extends Error {}

/** What a test needs: once the least of a repetition at the end has matched, all has; what follows cannot fail. */
function withoutTail(expression: Expression): Expression {
  if (expression.kind === 'repeat' && expression.body.kind === 'set') return { ...expression, max: expression.min }
  if (expression.kind === 'choice') return { ...expression, branches: expression.branches.map(withoutTail) }
  if (expression.kind !== 'sequence') return expression
  const last = expression.parts.at(-1)
  return last === undefined
    ? expression
    : { ...expression, parts: [...expression.parts.slice(0, -1), withoutTail(last)] }
}

function isAnchored(expression: Expression): boolean {
  switch (expression.kind) {
    case 'start':
      return true
    case 'sequence': {
      const [first] = expression.parts
      return first !== undefined && isAnchored(first)
    }
    case 'choice':
      return expression.branches.every(isAnchored)
    case 'repeat':
      return expression.min > 0 && isAnchored(expression.body)
    default:
      return false
  }
}

function longest(expression: Expression): number {
  switch (expression.kind) {
    case 'set':
      return 1
    case 'sequence':
      return expression.parts.reduce((sum, one) => sum + longest(one), 0)
    case 'choice':
      return Math.max(...expression.branches.map(longest))
    case 'repeat': {
      const once = longest(expression.body)
      return once === 0 || expression.max === 0 ? 0 : once * expression.max
    }
    default:
      return 0
  }
}

interface Place {
  readonly expression: Expression & { kind: 'set' }
  /** The loops that it stands in. */
  readonly loops: ReadonlySet<number>
  /** Where the next code point may be read, once for each way to get there. */
  readonly next: Place[]
}

/** A part of the pattern: where it begins and ends, in how many ways it matches nothing, and in how many all told. */
interface Part {
  readonly first: readonly Place[]
  readonly last: readonly Place[]
  readonly empty: number
  readonly ways: number
}

const NONE: ReadonlySet<number> = new Set()
const NOTHING: Part = { first: [], last: [], empty: 1, ways: 1 }

class Places {
  private readonly places: Place[] = []
  private loops = 0
  private steps = 0

  /** @param counting repetitions that end are no loops: each length of theirs is a way. */
  constructor(private readonly counting: boolean) {}

  /** In how many ways the pattern is tried from one place of the text, at most; infinitely many if a loop has a choice. */
  ways(expression: Expression): number {
    const { first, ways } = this.part(expression, NONE)
    const decided = this.decides(NONE, first) && this.places.every(({ loops, next }) => this.decides(loops, next))
    return decided ? ways : Number.POSITIVE_INFINITY
  }

  /** Does the next code point decide between these, or is the choice made once only? */
  private decides(loops: ReadonlySet<number>, next: readonly Place[]): boolean {
    for (const [index, one] of next.entries()) {
      for (const other of next.slice(0, index)) {
        this.step()
        const again = [...loops].some(loop => one.loops.has(loop) || other.loops.has(loop))
        if ((again || one === other) && mayOverlap(one, other)) return false
      }
    }
    return true
  }

  private step(): void {
    if (++this.steps > MOST_STEPS) throw new NotKnown()
  }

  private part(expression: Expression, loops: ReadonlySet<number>): Part {
    this.step()
    switch (expression.kind) {
      case 'set': {
        const place: Place = { expression, loops, next: [] }
        if (this.places.push(place) > MOST_PLACES) throw new NotKnown()
        return { first: [place], last: [place], empty: 0, ways: 1 }
      }
      case 'start':
      case 'end':
      case 'boundary':
        return NOTHING
      case 'sequence':
        return expression.parts.map(one => this.part(one, loops)).reduce((a, b) => this.joined(a, b), NOTHING)
      case 'choice': {
        const branches = expression.branches.map(one => this.part(one, loops))
        return {
          first: branches.flatMap(({ first }) => first),
          last: branches.flatMap(({ last }) => last),
          empty: sum(branches.map(({ empty }) => empty)),
          ways: sum(branches.map(({ ways }) => ways)),
        }
      }
      case 'repeat':
        return this.repeated(expression, loops)
      default:
        throw new NotKnown()
    }
  }

  private joined(a: Part, b: Part): Part {
    for (const place of a.last) place.next.push(...b.first)
    if (a.empty > 1 || b.empty > 1) throw new NotKnown()
    return {
      first: a.empty > 0 ? [...a.first, ...b.first] : a.first,
      last: b.empty > 0 ? [...a.last, ...b.last] : b.last,
      empty: a.empty * b.empty,
      ways: a.ways * b.ways,
    }
  }

  private repeated({ body, min, max }: Expression & { kind: 'repeat' }, loops: ReadonlySet<number>): Part {
    if (max === 0) return NOTHING
    if (max === 1) {
      const part = this.part(body, loops)
      return min === 1 ? part : optional(part)
    }
    if (min === max && min <= MOST_COPIES) {
      let whole = NOTHING
      for (let count = 0; count < min; count++) whole = this.joined(whole, this.part(body, loops))
      return whole
    }
    const lengths = this.counting && body.kind === 'set' ? max - min + 1 : Number.POSITIVE_INFINITY
    const counted = lengths <= MOST_WAYS
    const part = this.part(body, counted ? loops : new Set([...loops, this.loops++]))
    // A loop over nothing: the engine stops it in its own way.
    if (part.empty > 0) throw new NotKnown()
    for (const place of part.last) place.next.push(...part.first)
    const once = { ...part, ways: counted ? lengths : 1 }
    return min === 0 ? optional(once) : once
  }
}

function optional(part: Part): Part {
  if (part.empty > 0) throw new NotKnown()
  return { ...part, empty: 1, ways: part.ways + 1 }
}

function mayOverlap({ expression: a }: Place, { expression: b }: Place): boolean {
  return a.characters === undefined || b.characters === undefined || overlap(a.characters, b.characters)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
