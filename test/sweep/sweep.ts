import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Generated } from '../../generator/index.js'
import { faultsOfTypes } from './compilation.js'
import { type Authority, startAuthority } from './credentials.js'
import { type SweptDocument, sweepFolder } from './documents.js'
import { type Case, casesOf, type Expected } from './expectation.js'
import { type Alternative, type FoundOperation, readNaively } from './naive-document.js'
import { type SampleRequest, sampleRequest } from './request.js'
import { type Answer, generateInto, type Service, serveFrom } from './service.js'

/**
 * Tests that every operation of these documents demands what its document says: each way in opens, and none with one member
 * or one scope missing. To be called in a test file.
 * @param documentsIn given a folder for what is made of other documents.
 */
export function sweep(documentsIn: (folder: string) => readonly SweptDocument[]): void {
  const folder = sweepFolder()
  let authority: Authority

  beforeAll(async () => {
    authority = await startAuthority()
  })

  afterAll(async () => {
    await authority?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  const documents = documentsIn(folder)
  describe.each(documents)('$name', swept => {
    const output = join(folder, swept.name.replaceAll(/[^a-z0-9-]+/g, '-'))
    const document = readNaively(swept.entry)
    const { rules = {}, optional = 0, unfit = [] } = swept
    const reasons = Object.entries(swept.skipped ?? {})
    const skipped = reasons.map(([name]) => name)
    const kept = document.operations.filter(one => !skipped.includes(one.name))
    const left = document.operations.filter(one => skipped.includes(one.name))
    let refused: Generated
    let generated: Generated
    let service: Service

    beforeAll(async () => {
      if (left.length > 0) refused = await generateInto(`${output}-refused`, swept)
      generated = await generateInto(output, swept, rules)
      service = await serveFrom(output, document, authority)
    })

    afterAll(async () => service?.[Symbol.asyncDispose]())

    const answerTo = async (request: SampleRequest, { sent, authorization }: Pick<Case, 'sent' | 'authorization'>) => {
      const { headers, ...complete } = await authority.withCredentials(request, sent, document.schemes)
      return service.send({
        ...complete,
        headers: { ...headers, ...(authorization !== undefined && { authorization }) },
      })
    }

    test('is what it was when its operations were counted', () => {
      const cases = kept.flatMap(one => casesOf(one, document))
      const without = cases.filter(one => one.lacking !== undefined && one.expected.outcome === 'insufficient')
      expect({
        operations: document.operations.length,
        public: document.operations.filter(isPublic).length,
        optional: document.operations.filter(one => !isPublic(one) && one.alternatives.some(isEmpty)).length,
        scopes: without.length,
        skipped: left.map(one => one.name),
      }).toEqual({ operations: swept.operations, public: swept.public, optional, scopes: swept.scopes, skipped })
    })

    test.runIf(left.length > 0)('is refused as long as no rule is lowered', () => {
      const faults = refused.diagnostics.filter(one => one.severity === 'error')
      expect(refused.files).toBeUndefined()
      expect(existsSync(`${output}-refused`)).toBe(false)
      expect(new Set(faults.map(one => one.code))).toEqual(new Set(Object.keys(rules)))
      const places = faults.map(one => one.location?.pointer.split('/')[2]?.replaceAll('~1', '/').replaceAll('~0', '~'))
      expect(new Set(places)).toEqual(new Set(left.map(one => one.path)))
    })

    test('is generated, every operation or a warning that names it', () => {
      const warned = generated.diagnostics.filter(one => one.code === 'operation-skipped')
      expect(generated.diagnostics.filter(one => one.severity === 'error')).toEqual([])
      expect(warned.map(one => one.message.split(' is left out: ')[0])).toEqual(skipped)
      for (const [index, [, reason]] of reasons.entries()) expect(warned[index]?.message).toContain(reason)
      const { operations = [], skipped: without = [] } = generated.model ?? {}
      const names = (all: readonly { method: string; path: string }[]) =>
        all.map(one => `${one.method.toUpperCase()} ${one.path}`)
      expect(names(operations)).toEqual(kept.map(one => one.name))
      expect(names(without)).toEqual(skipped)
      expect(operations.length + without.length).toBe(swept.operations)
    })

    test.each(kept)('$name', async operation => {
      const valid = await validRequest(operation)
      // Nothing of a request is read before its credentials are found good: then this text would be a fault.
      const broken = valid.body === undefined ? valid : { ...valid, body: '{' }
      const actual: { [title: string]: unknown } = {}
      const wanted: { [title: string]: unknown } = {}
      for (const one of casesOf(operation, document)) {
        const request = one.expected.outcome === 'granted' ? valid : broken
        actual[one.title] = seen(await answerTo(request, one))
        wanted[one.title] = described(operation, one.expected, unfit.includes(operation.name))
      }
      expect(actual).toEqual(wanted)
    })

    test.runIf(kept.length === 0)('answers nothing', async () => {
      const nothing = { method: 'GET', path: '/', query: [], headers: {}, cookies: [] }
      expect(await service.send(nothing)).toMatchObject({ status: 404, decided: undefined })
    })

    const heads = kept.filter(one => one.method === 'HEAD').map(one => one.path)
    test.each(kept.filter(one => one.method === 'GET' && !heads.includes(one.path)))(
      'HEAD, where $name is',
      async operation => {
        const request = { ...(await validRequest(operation)), method: 'HEAD' }
        for (const one of casesOf(operation, document)) {
          const { status } = await answerTo(request, one)
          expect(status, one.title).toBe(STATUSES[one.expected.outcome])
        }
      },
    )

    test.each(left)('$name has no route of its own', async operation => {
      const written = sampleRequest(operation)
      // A fragment is the client's alone (RFC 9110 section 7.1): what it asks for is the rest.
      const [path = ''] = written.path.split('#')
      const asked = { ...written, path }
      const reached = kept.find(one => one.method === operation.method && one.path === operation.path.split('#')[0])
      if (!reached) return expectNothing(operation, asked)
      for (const one of casesOf(reached, document)) expectGuard(reached, one, await answerTo(asked, one))
      // Who sends it nevertheless finds nothing, or the same guard.
      for (const one of casesOf(reached, document)) {
        const answer = await answerTo(written, one)
        if (answer.decided) expectGuard(reached, one, answer)
        else expect([404, 405], one.title).toContain(answer.status)
      }
    })

    /** The request has reached that operation, and was let in there only as its own policy says. */
    function expectGuard(reached: FoundOperation, { title, expected }: Case, { status, decided }: Answer): void {
      expect(decided && `${decided.method} ${decided.path}`, title).toBe(reached.name)
      // Its body is what the other operation wants.
      expect(expected.outcome === 'granted' ? [501, 400, 415] : [STATUSES[expected.outcome]], title).toContain(status)
    }

    /** Nor with the credentials of what was left out. */
    async function expectNothing({ name, alternatives }: FoundOperation, request: SampleRequest): Promise<void> {
      const credentials = alternatives.map(one => Object.entries(one).map(([scheme, scopes]) => ({ scheme, scopes })))
      for (const sent of [[], ...credentials]) {
        const { status, decided } = await answerTo(request, { sent })
        expect(decided, name).toBeUndefined()
        expect([404, 405], name).toContain(status)
      }
    }

    /** Of the samples, the first that is not answered 400: a variant may not fit with what stands beside it. */
    async function validRequest(operation: FoundOperation): Promise<SampleRequest> {
      const [granted] = casesOf(operation, document).filter(one => one.expected.outcome === 'granted')
      for (let variant = 0; variant < 12; variant++) {
        const request = sampleRequest(operation, variant)
        if (!granted || (await answerTo(request, granted)).status !== 400) return request
      }
      return sampleRequest(operation)
    }
  })

  test('all that was emitted compiles, as strictly as this repository does', () => {
    const { files, faults } = faultsOfTypes(folder)
    expect(faults).toBe('')
    // A stub for each operation, and five files for each document.
    const stubs = documents.map(({ operations, skipped = {} }) => operations - Object.keys(skipped).length)
    expect(files).toBeGreaterThan(stubs.reduce((sum, one) => sum + one + 5, 0))
  }, 240_000)
}

function isEmpty(alternative: Alternative): boolean {
  return Object.keys(alternative).length === 0
}

function isPublic({ alternatives }: FoundOperation): boolean {
  return alternatives.every(isEmpty)
}

const STATUSES: { readonly [outcome in Expected['outcome']]: number } = {
  granted: 501,
  challenged: 401,
  invalid: 401,
  insufficient: 403,
}

/** What can be told from an answer. */
function seen({ status, headers, body, decided }: Answer): object {
  const challenge = headers['www-authenticate']
  const parameter = (name: string) => new RegExp(`[ ,]${name}="([^"]*)"`).exec(challenge ?? '')?.[1]
  const error = parameter('error')
  return {
    status,
    decided: decided && `${decided.method} ${decided.path}`,
    ...(decided?.granted && { schemes: decided.schemes }),
    ...(status !== 501 && { challenge: error === undefined ? challenge : challenge?.split(' ', 1).join() }),
    ...(error !== undefined && { error, said: (JSON.parse(body) as { error?: unknown }).error }),
    ...(status === 403 && { scope: parameter('scope') }),
    ...(status >= 400 && status !== 501 && error === undefined && { body }),
  }
}

function described({ name }: FoundOperation, expected: Expected, isUnfit: boolean): object {
  const known = { status: STATUSES[expected.outcome], decided: name }
  switch (expected.outcome) {
    case 'granted':
      if (isUnfit)
        return { ...known, status: 400, schemes: expected.schemes, body: expect.stringContaining('"errors"') }
      return { ...known, schemes: expected.schemes }
    case 'challenged':
      return { ...known, challenge: expected.challenge, body: '' }
    case 'invalid':
      return { ...known, challenge: expected.by, error: 'invalid_token', said: 'invalid_token' }
    case 'insufficient':
      return {
        ...known,
        challenge: expect.stringMatching(/^(Bearer|ApiKey|Basic|ClientCertificate)$/),
        error: 'insufficient_scope',
        said: 'insufficient_scope',
        scope: expected.scope,
      }
  }
}
