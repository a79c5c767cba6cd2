import type { IncomingMessage } from 'node:http'
import { decodeText } from './body-bytes.js'
import type { BodyLimits } from './body-limits.js'
import { gather, merge, readForm } from './form-members.js'
import { readJsonText } from './json-text.js'
import { kindOf, type MediaRange, parseMediaType, specificity } from './media-types.js'
import { Refusal, readParts, TOO_LARGE } from './multipart.js'
import { takes } from './parameter-spelling.js'
import { readParameters } from './parameters.js'
import type { PartHeaders } from './part-headers.js'
import { contractProblem } from './problem.js'
import { pointerTo } from './schema-faults.js'
import type { Reading, TextFault } from './text-values.js'
import type { FileStore, UploadedFile } from './uploaded-files.js'
import type { FormMember, FormShape } from './validator.js'

/**
 * Reads a `multipart/form-data` body to the object that the document describes: texts coerced as a form's, JSON parsed,
 * files kept in `store`. Does not validate it.
 * @throws {Refusal} for the first part that cannot be what the document says, and for what exceeds the limits.
 */
export async function readMultipart(
  request: IncomingMessage,
  sent: MediaRange,
  shape: FormShape,
  { limits, store }: { readonly limits: BodyLimits; readonly store: FileStore },
): Promise<Reading> {
  const texts = new Map<string, string[]>()
  const others = new Map<string, unknown[]>()
  let fileCount = 0
  // What is held in memory as text counts as one body.
  let room = limits.limit

  await readParts(request, sent, limits, async (headers, content) => {
    const { name } = headers
    const member = memberFor(shape, name)
    if (name === '__proto__') throw refusal(name, 'is not allowed here')
    checkHeaders(headers, member)
    const kind = kindOfPart(headers, member)
    if (kind === 'file') {
      if (member === undefined) throw refusal(name, 'must not be a file')
      if (++fileCount > limits.files) throw new Refusal({ status: 413, detail: 'The body has too many files.' })
      const file = await receiveFile(headers, content, store, limits)
      if (file) add(others, name, file)
      return
    }
    const bytes = await collect(content, room)
    room -= bytes.length
    const text = decodeText(bytes, headers.mediaType?.range ?? UTF_8, kind === 'json')
    if ('problem' in text) throw refusal(name, 'is no well-formed text in its charset')
    if (kind === 'text') {
      add(texts, name, text.value)
      return
    }
    const reading = readJsonText(text.value, limits)
    if ('faults' in reading) throw refusalOf(reading.faults.map(one => ({ ...one, path: [name, ...one.path] })))
    add(others, name, reading.value)
  })

  const twice = [...others.keys()].find(name => texts.has(name))
  if (twice !== undefined) throw refusal(twice, 'must not be repeated')
  const readings = new Map(
    [...others].map(([name, values]) => [name, gather(values, memberFor(shape, name) as FormMember)]),
  )
  const plain = { ...(shape.text && { text: shape.text }), members: styled(shape) }
  return merge(readForm(texts, plain, { decode: text => text, encoded: false }, limits), readings)
}

const UTF_8: MediaRange = { type: 'text', subtype: 'plain', parameters: new Map() }

/** What the document says of a part of that name, which may be a piece of a member: `area[width]`. */
function memberFor({ text, members = {}, others }: FormShape, name: string): FormMember | undefined {
  if (Object.hasOwn(members, name)) return members[name]
  if (text?.properties !== undefined && Object.hasOwn(text.properties, name)) return undefined
  return Object.values(members).find(({ parameter }) => parameter !== undefined && takes(parameter, name)) ?? others
}

/** The members whose text has a style; JSON and files were read part by part. */
function styled({ members = {} }: FormShape): NonNullable<FormShape['members']> {
  return Object.fromEntries(Object.entries(members).filter(([, { as = 'text' }]) => as === 'text'))
}

function kindOfPart({ name, filename, mediaType }: PartHeaders, member: FormMember | undefined) {
  const as = member?.as ?? 'text'
  const said = mediaType && kindOf(mediaType.range)
  if (as === 'file') return 'file'
  if (as === 'sent') {
    if (filename !== undefined) return 'file'
    return said === 'json' ? 'json' : 'text'
  }
  // What no member describes is text, and a file is none.
  if (member === undefined && filename !== undefined) return 'file'
  // RFC 7578 section 4.4: a part that does not say its type is text. Browsers send JSON like that, too.
  if (member?.mediaTypes !== undefined || said === undefined || said === 'json') return as
  if (as === 'json' || said !== 'text') {
    throw refusal(name, `must have the media type ${as === 'json' ? 'application/json' : 'text/plain'}`)
  }
  return as
}

/** Holds a part's headers to the document's `encoding`. */
function checkHeaders({ name, mediaType, all, fields }: PartHeaders, member: FormMember | undefined): void {
  const { mediaTypes, headers } = member ?? {}
  if (mediaTypes && mediaType) {
    const fits = mediaTypes.some(type => {
      const range = parseMediaType(type)
      return range !== undefined && specificity(range, mediaType.range) > 0
    })
    if (!fits) throw refusal(name, `must have the media type ${mediaTypes.join(' or ')}`)
  }
  if (headers === undefined) return
  const read = readParameters({ parameters: headers }, { path: {}, query: '', headers: all, rawHeaders: fields })
  if (read.ok) return
  throw refusalOf(
    read.faults.map(({ pointer, detail }) => ({
      path: [name],
      detail: `has a header ${headerIn(pointer)} that ${detail}`,
    })),
  )
}

function headerIn(pointer: string): string {
  return pointer.slice(2)
}

async function receiveFile(
  { filename, mediaType }: PartHeaders,
  content: AsyncIterable<Buffer>,
  store: FileStore,
  { fileSize }: BodyLimits,
): Promise<UploadedFile | undefined> {
  const stored = await store.receive(content, fileSize)
  if (stored === undefined) throw new Refusal({ status: 413, detail: 'A file of the body is too large.' })
  // What a browser sends of a form in which no file was chosen.
  if (filename === '' && stored.size === 0) return undefined
  return Object.freeze({
    filename: filename === '' ? undefined : filename,
    mediaType: mediaType?.text ?? 'application/octet-stream',
    size: stored.size,
    stream: stored.stream,
  })
}

async function collect(content: AsyncIterable<Buffer>, room: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of content) {
    size += chunk.length
    if (size > room) throw new Refusal(TOO_LARGE)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function add<Value>(values: Map<string, Value[]>, name: string, value: Value): void {
  const known = values.get(name)
  if (known) known.push(value)
  else values.set(name, [value])
}

function refusal(name: string, detail: string): Refusal {
  return refusalOf([{ path: [name], detail }])
}

function refusalOf(faults: readonly TextFault[]): Refusal {
  return new Refusal(
    contractProblem(faults.map(({ path, detail }) => ({ in: 'body', pointer: pointerTo(path), detail }))),
  )
}
