import type { LocalClaims, LocalIssuer } from 'gatewright/testing'
import { policies } from './generated/policies.js'

/** A call that is let in, by operation; without claims, none is needed. */
const LET_IN: { readonly [operation in keyof typeof policies]: LocalClaims | undefined } = {
  getPublic: undefined,
  getPrivate: {},
  listMessages: { scope: 'read:messages' },
  getFeed: { scope: 'read:feed' },
  editAdmin: { scope: 'read:admin write:admin' },
  getAdmin: { isAdmin: true },
  getEditor: { roles: ['admin', 'editor'] },
  getPremium: { tier: 'premium' },
}

const PATHS: { readonly [operation in keyof typeof policies]: string } = {
  getPublic: '/api/public',
  getPrivate: '/api/private',
  listMessages: '/api/messages',
  getFeed: '/api/feed',
  editAdmin: '/api/admin/edit',
  getAdmin: '/api/admin',
  getEditor: '/api/editor',
  getPremium: '/api/premium',
}

/**
 * An issuer on loopback, where the environment names none; it is then what the environment names.
 * @throws {ConfigurationError} in production.
 */
export async function developmentIssuer(): Promise<LocalIssuer | undefined> {
  const { AUTH0_DOMAIN, AUTH0_AUDIENCE, ISSUER_BASE_URL, AUDIENCE } = process.env
  if (AUTH0_DOMAIN || AUTH0_AUDIENCE || ISSUER_BASE_URL || AUDIENCE) return undefined
  const { startLocalIssuer } = await import('gatewright/testing')
  const issuer = await startLocalIssuer({ audience: 'https://quickstart.example' })
  process.env.AUTH0_DOMAIN = issuer.issuer
  process.env.AUTH0_AUDIENCE = issuer.audience
  console.log(`No AUTH0_DOMAIN and AUTH0_AUDIENCE: tokens come from a local issuer at ${issuer.issuer}`)
  return issuer
}

export function printRoutes(): void {
  for (const [operation, policy] of Object.entries(policies)) {
    console.log(`GET ${PATHS[operation as keyof typeof policies].padEnd(16)} ${demandOf(policy)}`)
  }
}

function demandOf(policy: (typeof policies)[keyof typeof policies]): string {
  if (policy.security.length === 0) return 'public'
  const { auth0: scopes } = policy.security[0]
  const scopesText = 'anyOf' in scopes ? `any scope of ${scopes.anyOf.join(', ')}` : scopes.join(', ')
  const claims = 'claims' in policy ? `claims ${JSON.stringify(policy.claims[0])}` : ''
  return ['token', scopesText, claims].filter(one => one !== '').join(' · ')
}

/** Calls to paste: for each guarded operation one that is let in, and one that is not. */
export async function printCalls(url: string, issuer: LocalIssuer): Promise<void> {
  const token = await issuer.token()
  for (const [operation, claims] of Object.entries(LET_IN)) {
    const target = `${url}${PATHS[operation as keyof typeof policies]}`
    console.log(`\n# ${operation}: let in`)
    if (claims === undefined) {
      console.log(`curl -i ${target}`)
      continue
    }
    console.log(`curl -i ${target} -H 'Authorization: Bearer ${await issuer.token(claims)}'`)
    console.log(`# ${operation}: refused`)
    const refused = Object.keys(claims).length === 0 ? '' : ` -H 'Authorization: Bearer ${token}'`
    console.log(`curl -i ${target}${refused}`)
  }
}
