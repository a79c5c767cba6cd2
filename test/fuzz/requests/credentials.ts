import { createHmac } from 'node:crypto'
import {
  AUDIENCE,
  encode,
  goodClaims,
  type ScriptedIssuer,
  type TestKey,
  testKey,
} from '../../tokens/scripted-issuer.js'
import type { Random } from '../random.js'
import { SECRETS, type Wanted } from './document.js'

/** Fields of a request, and what goes into its query. */
export interface Sent {
  readonly fields: readonly (readonly [string, string])[]
  readonly query?: string
  /** A change could make it good. */
  readonly exact?: true
}

export interface Credentials {
  /** Of an issuer that is trusted, whole and current. */
  readonly token: string
  /** The same with fewer scopes. */
  readonly weak: string
  /** Signed by the trusted issuer, and refused for what they say. */
  readonly misfits: readonly string[]
  readonly jwk: object
}

const now = () => Math.floor(Date.now() / 1000)
/** Seconds; no campaign takes that long. */
const YEAR = 31_536_000

export async function credentialsOf(issuer: ScriptedIssuer, key: TestKey): Promise<Credentials> {
  const claims: readonly object[] = [
    { exp: now() - 60 },
    { exp: '9999999999' },
    { exp: [now() + 600] },
    { exp: undefined },
    { exp: -1 },
    { iat: undefined },
    { iat: now() + YEAR },
    { nbf: now() + YEAR },
    { nbf: 'now' },
    { aud: 'https://other.example' },
    { aud: [] },
    { aud: [AUDIENCE, 7] },
    { aud: `${AUDIENCE}/` },
    { aud: { 0: AUDIENCE } },
    { iss: [issuer.issuer] },
    { iss: issuer.issuer.slice(0, -1) },
    { iss: undefined },
    { sub: ['user'] },
    { cnf: { jkt: 'x' } },
    { cnf: {} },
    { nonce: 'n', typ: 'ID' },
    { token_use: 'refresh' },
  ]
  const headers: readonly object[] = [
    { typ: 'id+jwt' },
    { kid: 'nobody' },
    { crit: ['b64'], b64: true },
    { kid: ['k'] },
  ]
  const elsewhere = await testKey(key.alg, 'k')
  return {
    token: await issuer.sign(key, { scope: 'read write', tier: 'gold' }),
    weak: await issuer.sign(key, { scope: 'read' }),
    misfits: await Promise.all([
      ...claims.map(one => issuer.sign(key, { scope: 'read write', tier: 'gold', ...one })),
      ...headers.map(one => signedWith(issuer, key, one)),
      issuer.sign(elsewhere, { scope: 'read write', tier: 'gold' }),
    ]),
    jwk: key.jwk,
  }
}

/** jose refuses to sign under some of these headers, so that the signature is another text's. */
async function signedWith(issuer: ScriptedIssuer, key: TestKey, header: object): Promise<string> {
  const [, claims, signature] = (await issuer.sign(key)).split('.')
  return `${encode({ alg: key.alg, typ: 'at+jwt', kid: key.jwk.kid, ...header })}.${claims}.${signature}`
}

/** A token that nobody may accept, made of a good one. */
export function forgedToken(random: Random, { token, misfits, jwk }: Credentials): string {
  const [header = '', claims = '', signature = ''] = token.split('.')
  const forge: readonly (() => string)[] = [
    ...misfits.map(one => () => one),
    () => flipped(random, token),
    () => `${header}.${claims}.`,
    () => `${header}.${claims}`,
    () => `${header}.${claims}.${signature}.`,
    () => `${header}.${claims}.${signature}=`,
    () => `${token}${random.pick(['A', '%00', '..', '.e30.e30', '\u00e9'])}`,
    () =>
      `${encode({ alg: random.pick(['none', 'None', 'NONE', '']), typ: 'at+jwt' })}.${claims}.${random.pick(['', signature])}`,
    () => hmac(`${encode({ alg: 'HS256', kid: 'k' })}.${claims}`, JSON.stringify(jwk)),
    () => `${encode({ alg: 'ES256', typ: 'at+jwt', jwk })}.${claims}.${signature}`,
    () => `${encode({ alg: 'ES256', jku: 'http://127.0.0.1:1/', x5u: 'http://127.0.0.1:1/' })}.${claims}.${signature}`,
    () => `${header}.${encode({ ...goodClaims('http://127.0.0.1:1/'), scope: 'read write' })}.${signature}`,
    () => `${header}.${encode({ ...goodClaims('x'), ['__proto__']: { admin: true } })}.${signature}`,
    () => `${header}.${encode(`{"iss":"a","iss":"b"}`)}.${signature}`,
    () => `${header}.${claims}.${signature}.${claims}.${signature}`,
    () => 'A'.repeat(random.magnitude(1, 20_000)),
    () => Buffer.from(Array.from({ length: 40 }, () => random.below(256))).toString('base64'),
  ]
  const text = random.pick(forge)()
  return text === token ? `${token}A` : text
}

function flipped(random: Random, token: string): string {
  const at = random.below(token.length)
  const other = random.pick([...'ABCxyz019-_.= '].filter(one => one !== token[at]))
  return `${token.slice(0, at)}${other}${token.slice(at + 1)}`
}

function hmac(input: string, secret: string): string {
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

/** Nothing of it is good for any operation; most often it is of the kind that is wanted. */
export function forgedCredentials(random: Random, credentials: Credentials, wants: Wanted | undefined): Sent {
  const { token } = credentials
  const forged = () => forgedToken(random, credentials)
  const bearer = ['Authorization', `Bearer ${token}`] as const
  const FORGED: { readonly [wanted in Wanted]: readonly (() => Sent)[] } = {
    user: [
      ...Array.from({ length: 9 }, () => () => field('Authorization', `Bearer ${forged()}`)),
      () => field('Authorization', `${random.pick(['Bearer\t', 'Bearer  ', 'DPoP ', 'Token ', ''])}${token}`),
      () => field('Authorization', `Bearer ${token}${random.pick([',', ' x', ';', '"'])}`),
      () => ({ fields: [bearer, bearer], exact: true }),
      () => field(random.pick(['X-Authorization', 'Proxy-Authorization', 'Authentication']), `Bearer ${token}`),
      () => ({ fields: [], query: `access_token=${token}` }),
      () => ({ fields: [bearer], query: `access_token=${token}`, exact: true }),
    ],
    bound: [
      () => field('Authorization', `DPoP ${token}`),
      () => field(...bearer),
      () => ({ fields: [...field('Authorization', `DPoP ${forged()}`).fields, ['DPoP', forged()]] }),
    ],
    key: [
      () => field('X-Key', random.pick(BAD_KEYS)),
      () => ({ fields: [...field('X-Key', SECRETS.key).fields, ...field('X-Key', SECRETS.key).fields], exact: true }),
      () => field('Cookie', `X-Key=${SECRETS.key}`),
    ],
    cookie: [
      () =>
        field(
          'Cookie',
          random.pick(['session=bad', 'session=', 'session', 'session=%ff', 'a=b; session="x"; session=y']),
        ),
      () => field('Cookie', `session=${SECRETS.key}; session=${SECRETS.key}`),
      () => ({
        fields: [
          ['Cookie', `session=${SECRETS.key}`],
          ['Sec-Fetch-Site', 'cross-site'],
        ],
        exact: true,
      }),
    ],
    query: [
      () => ({ fields: [], query: random.pick(['api_key=bad', 'api_key=', 'api_key', 'api_key[]=x', 'api_key=%zz']) }),
      () => ({ fields: [], query: `api_key=${SECRETS.key}&api_key=${SECRETS.key}`, exact: true }),
    ],
    login: [
      () => field('Authorization', `Basic ${Buffer.from(basicText(random)).toString('base64')}`),
      () => field('Authorization', `Basic ${random.pick(['', '=', '%', 'YWRh', '!!!!', 'OmE='])}`),
    ],
    digest: [
      () => field('Authorization', random.pick(['Digest', 'Digest response="wrong"', 'Digest ', 'Negotiate x'])),
    ],
    certificate: [
      () => ({
        fields: [
          ['Client-Cert', `:${Buffer.from('no certificate').toString('base64')}:`],
          ['X-Forwarded-For', '10.0.0.7'],
        ],
      }),
    ],
  }
  if (random.chance(0.05)) return { fields: [] }
  const kind = wants !== undefined && random.chance(0.9) ? wants : random.pick(Object.keys(FORGED) as Wanted[])
  // What is good for another operation is forged for this one only.
  return kind !== wants && kind === 'bound' ? { fields: [] } : random.pick(FORGED[kind])()
}

const BAD_KEYS = [
  '',
  'bad',
  `${SECRETS.key}x`,
  SECRETS.key.toUpperCase(),
  SECRETS.key.slice(1),
  '\u00ff',
  'k'.repeat(9000),
]

function field(name: string, value: string): Sent {
  return { fields: [[name, value]] }
}

function basicText(random: Random): string {
  return random.pick([
    'ada:wrong',
    'ada:',
    ':lovelace',
    'ada',
    'Ada:lovelace',
    'ada:lovelace ',
    'ada\u0000:lovelace',
    '\ud800:x',
  ])
}

/** Good for most operations. */
export function goodCredentials(random: Random, { token, weak }: Credentials): Sent {
  const basic = Buffer.from(`${SECRETS.username}:${SECRETS.password}`).toString('base64')
  const authorization = random.pick([`Bearer ${token}`, `Bearer ${weak}`, `Basic ${basic}`, `Digest ${SECRETS.digest}`])
  const fields: [string, string][] = [['Authorization', authorization]]
  if (random.chance(0.7)) fields.push(['X-Key', SECRETS.key])
  if (random.chance(0.5)) fields.push(['Cookie', `session=${SECRETS.key}`], ['Sec-Fetch-Site', 'same-origin'])
  return { fields, ...(random.chance(0.5) && { query: `api_key=${SECRETS.key}` }) }
}
