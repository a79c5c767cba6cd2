import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Generated } from '../../generator/index.js'
import { REPOSITORY } from '../sweep/documents.js'
import { child, type FoundOperation, members, readNaively } from '../sweep/naive-document.js'
import { type Answer, generateInto, type Service, serveFrom } from '../sweep/service.js'
import { type Case, type Cases, casesOf, type ExpectedFault } from './cases.js'
import { requestedDocuments } from './documents.js'
import { grantsOf, withCredentials } from './grants.js'
import { Judge } from './judge.js'

const parent = join(REPOSITORY, 'test/out/requests')
mkdirSync(parent, { recursive: true })
const folder = mkdtempSync(join(parent, 'run-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(requestedDocuments)('$name', requested => {
  const output = join(folder, requested.name)
  const document = readNaively(requested.entry)
  const reachable = document.operations.filter(one => !one.path.includes('#'))
  const looked = reachable.filter(one => !isMultipart(one))
  const cases = new Map<FoundOperation, Cases>()
  let generated: Generated
  let service: Service

  beforeAll(async () => {
    const rules = { 'feature-unsupported': 'off', ...requested.rules } as const
    generated = await generateInto(output, requested, rules)
    const handlers = Object.fromEntries((generated.model?.operations ?? []).map(({ id }) => [id, answer204]))
    service = await serveFrom(output, document, grantsOf(document), handlers)
    const judge = new Judge()
    for (const operation of looked) cases.set(operation, casesOf(operation, document, judge))
  }, 300_000)

  afterAll(async () => service?.[Symbol.asyncDispose]())

  test('gives as many requests as were counted', () => {
    const all = [...cases]
    const refused = all.flatMap(([, one]) => one.refused.flatMap(({ fault }) => fault ?? []))
    const count = (is: (fault: ExpectedFault) => boolean) => refused.filter(is).length
    expect(generated.diagnostics.filter(one => one.severity === 'error')).toEqual([])
    expect({
      operations: document.operations.length,
      unreachable: document.operations.length - reachable.length,
      multipart: reachable.length - looked.length,
      accepted: all.flatMap(([, one]) => one.accepted).length,
      refused: {
        path: count(one => one.in === 'path'),
        query: count(one => one.in === 'query'),
        header: count(one => one.in === 'header'),
        body: count(one => one.in === 'body'),
        alternative: count(one => one.isAlternative),
        exact: count(one => one.isPlain),
      },
      kinds: Object.fromEntries(
        [...new Set(refused.map(one => one.kind))].map(kind => [kind, count(one => one.kind === kind)]),
      ),
      unfaked: all.flatMap(([{ name }, { unfaked }]) => unfaked.map(place => `${name}: ${place}`)),
      unviolated: all.flatMap(([{ name }, { unviolated }]) => unviolated.map(place => `${name}: ${place}`)).length,
    }).toEqual({
      operations: requested.operations,
      unreachable: requested.unreachable,
      multipart: requested.multipart,
      accepted: requested.accepted,
      refused: requested.refused,
      kinds: requested.kinds,
      unfaked: Object.keys(requested.unfaked),
      unviolated: requested.unviolated,
    })
  })

  test.each(looked)('$name', async operation => {
    const { accepted, refused } = cases.get(operation) ?? casesOf(operation, document, new Judge())
    const actual: { [title: string]: unknown } = {}
    const wanted: { [title: string]: unknown } = {}
    for (const one of [...accepted, ...refused]) {
      const answer = await service.send(withCredentials(one.request, operation, document))
      actual[one.title] = seen(answer, one)
      wanted[one.title] = expected(one, operation)
    }
    expect(actual).toEqual(wanted)
    expect(Object.keys(actual)).toHaveLength(accepted.length + refused.length)
  })
})

const answer204 = ({ res }: { res: { writeHead(status: number): { end(): void } } }) => {
  res.writeHead(204).end()
}

function isMultipart({ requestBody }: FoundOperation): boolean {
  return members(child(requestBody, 'content')).some(([mediaType]) => mediaType.startsWith('multipart/'))
}

interface Fault {
  readonly in: string
  readonly pointer: string
}

/** What can be told from an answer: as much as is expected of it. */
function seen({ status, headers, body, decided }: Answer, { fault }: Case): object {
  const operation = decided && `${decided.method} ${decided.path}`
  if (status === 204) return { status, operation }
  if (headers['content-type'] !== 'application/problem+json' || status !== 400) return { status, operation, body }
  const { errors = [] } = JSON.parse(body) as { errors?: readonly Fault[] }
  const pointers = [...new Set(errors.map(({ pointer }) => decodeURIComponent(pointer).slice(1)))]
  const isExpected = fault && (fault.isPlain ? false : pointers.some(pointer => isAt(pointer, fault)))
  return {
    status,
    operation,
    in: [...new Set(errors.map(one => one.in))],
    pointers: isExpected ? 'at the place' : pointers.sort(),
  }
}

/** Where several alternatives are, what is wrong may be that none fits, or what keeps the value from another one. */
function isAt(pointer: string, { at, isAlternative }: ExpectedFault): boolean {
  return pointer === at || (isAlternative && (at.startsWith(`${pointer}/`) || pointer.startsWith(`${at}/`)))
}

function expected({ fault }: Case, { name }: FoundOperation): object {
  if (!fault) return { status: 204, operation: name }
  return {
    status: 400,
    operation: name,
    in: [fault.in],
    pointers: fault.isPlain ? [...fault.pointers].sort() : 'at the place',
  }
}
