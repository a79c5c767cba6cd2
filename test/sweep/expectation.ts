import { flawsOf, placeOf, type Sent, schemeNamed } from './credentials.js'
import type { Alternative, FoundOperation, NaiveDocument } from './naive-document.js'

type Schemes = NaiveDocument['schemes']

/** What the answer to a request must be, as far as its credentials decide it. */
export type Expected =
  | { readonly outcome: 'granted'; readonly schemes: readonly string[] }
  /** 401 without a code: nothing that could be refused was sent. */
  | { readonly outcome: 'challenged'; readonly challenge: string }
  /** 401 `invalid_token`, in the words of the scheme whose credential is bad. */
  | { readonly outcome: 'invalid'; readonly by: string }
  /** 403 `insufficient_scope`, with all scopes that are demanded. */
  | { readonly outcome: 'insufficient'; readonly scope: string }

export interface Case {
  readonly title: string
  readonly sent: readonly Sent[]
  /** The one scope that its credentials lack. */
  readonly lacking?: string
  /** In place of the credential that belongs there. */
  readonly authorization?: string
  readonly expected: Expected
}

const MALFORMED = ['Bearer', 'Bearer a b', 'Basic', 'Basic !', 'Token abc', 'xxbearerxx abc']

/** Everything that is tried on one operation. */
export function casesOf(operation: FoundOperation, { schemes }: NaiveDocument): Case[] {
  const { alternatives } = operation
  return distinct([
    attempt('no credentials', []),
    ...MALFORMED.map(text => ({ ...attempt(`Authorization: ${text}`, [], true), authorization: text })),
    ...Object.keys(schemes).flatMap(strangers),
    ...alternatives.filter(one => Object.keys(one).length > 0).flatMap(attempts),
  ])

  function attempt(title: string, sent: readonly Sent[], malformed = false): Case {
    return { title, sent, expected: expectedOf(alternatives, { sent, malformed }, schemes) }
  }

  /** Good, but nothing that this operation asked for: at a public one, good and bad. */
  function strangers(scheme: string): Case[] {
    if (alternatives.some(one => Object.hasOwn(one, scheme))) return []
    const scopes = alternatives.flatMap(one => Object.values(one).flat())
    const flaws = alternatives.every(one => Object.keys(one).length === 0) ? flawsOf(schemeNamed(schemes, scheme)) : []
    return [
      attempt(`a stranger's ${scheme}`, [{ scheme, scopes }]),
      ...flaws.map(flaw => attempt(`a stranger's ${scheme}: ${flaw}`, [{ scheme, scopes, flaw }])),
    ]
  }

  function attempts(alternative: Alternative): Case[] {
    const demands = Object.entries(alternative)
    const good: Sent[] = demands.map(([scheme, scopes]) => ({ scheme, scopes }))
    const name = demands.map(([scheme]) => scheme).join(' and ')
    const changed = (title: string, scheme: string, change: Partial<Sent>) =>
      attempt(
        `${name}: ${title}`,
        good.map(one => (one.scheme === scheme ? { ...one, ...change } : one)),
      )
    return [
      attempt(name, good),
      ...demands.flatMap(([scheme, scopes]) => [
        ...scopes.flatMap(scope => [
          {
            ...changed(`${scheme} without ${scope}`, scheme, { scopes: scopes.filter(one => one !== scope) }),
            lacking: scope,
          },
          changed(`${scheme} with ${scope} in capitals`, scheme, {
            scopes: scopes.map(one => (one === scope ? one.toUpperCase() : one)),
          }),
          changed(`${scheme} with more than ${scope}`, scheme, {
            scopes: scopes.map(one => (one === scope ? `${one}x` : one)),
          }),
        ]),
        ...flawsOf(schemeNamed(schemes, scheme)).map(flaw => changed(`${scheme}: ${flaw}`, scheme, { flaw })),
        ...(demands.length > 1
          ? [
              attempt(
                `${name}: no ${scheme}`,
                good.filter(one => one.scheme !== scheme),
              ),
            ]
          : []),
      ]),
    ]
  }
}

/** Two alternatives may differ in one scope only: without it they are tried in the same words and in other ones. */
function distinct(cases: readonly Case[]): Case[] {
  const titles = new Map<string, number>()
  return cases.map(one => {
    const times = (titles.get(one.title) ?? 0) + 1
    titles.set(one.title, times)
    return times === 1 ? one : { ...one, title: `${one.title} (${times})` }
  })
}

/**
 * The document's `security`, read as OpenAPI describes it: one alternative must be met, with all of its members. `{}` is
 * met by who sends nothing at all of what the others ask for.
 * @param malformed an `Authorization` that is nobody's credential.
 */
function expectedOf(
  written: readonly Alternative[],
  { sent, malformed }: { readonly sent: readonly Sent[]; readonly malformed: boolean },
  schemes: Schemes,
): Expected {
  const alternatives = written.filter(one => Object.keys(one).length > 0)
  if (alternatives.length === 0) return { outcome: 'granted', schemes: [] }
  const place = (name: string) => placeOf(schemeNamed(schemes, name))
  const isSent = (name: string) => sent.some(one => place(one.scheme) === place(name))
  const good = (name: string) => sent.find(one => one.scheme === name && one.flaw === undefined)
  const isShort = ([name, scopes]: [string, readonly string[]]) =>
    scopes.some(scope => !good(name)?.scopes.includes(scope))

  const held = alternatives.filter(one => Object.keys(one).every(good))
  const met = held.find(one => !Object.entries(one).some(isShort))
  if (met) return { outcome: 'granted', schemes: Object.keys(met) }

  const [short] = held.flatMap(one => Object.entries(one).filter(isShort))
  if (short) return { outcome: 'insufficient', scope: short[1].join(' ') }

  const complete = alternatives.find(one => Object.keys(one).every(isSent))
  const bad = Object.keys(complete ?? {}).find(name => !good(name))
  if (bad !== undefined) return { outcome: 'invalid', by: challengeOf(bad, schemes).split(' ', 1).join() }
  const asked = alternatives.flatMap(Object.keys)
  const isUsed = asked.some(
    name => isSent(name) || (malformed && placeOf(schemeNamed(schemes, name)).startsWith('Auth')),
  )
  if (alternatives.length < written.length && !isUsed) return { outcome: 'granted', schemes: [] }
  const challenges = alternatives.flatMap(one => Object.keys(one).map(name => challengeOf(name, schemes)))
  return { outcome: 'challenged', challenge: [...new Set(challenges)].join(', ') }
}

function challengeOf(name: string, schemes: Schemes): string {
  const scheme = schemeNamed(schemes, name)
  if (scheme.type === 'apiKey') return 'ApiKey'
  if (scheme.type === 'mutualTLS') return 'ClientCertificate'
  return placeOf(scheme) === 'Authorization: Basic' ? `Basic realm="${name}", charset="UTF-8"` : 'Bearer'
}
