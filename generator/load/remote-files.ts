import type { RecordFiles } from './document.js'
import { readRecord } from './record.js'
import { fetchDocument } from './remote.js'
import { isRemote, isSecure, readOrigin } from './remote-url.js'
import type { SightingLog } from './sighting.js'

/** What may be fetched. What was recorded is read without any of it. */
export interface RemoteOptions {
  /** Follow references to `https` URLs on public addresses. Default `false`: nothing is fetched. */
  readonly allowRemote?: boolean
  /**
   * Origins that references may lead to from anywhere, also on private addresses, and over `http` on loopback:
   * `https://schemas.example`. Default: none.
   */
  readonly remoteOrigins?: readonly string[]
  /** Fetch again what was recorded. Default `false`. */
  readonly refreshRemote?: boolean
}

export type OpenedRemote =
  | { readonly text: string }
  /** It may be fetched, and was not yet. */
  | { readonly failure: 'pending' }
  | { readonly failure: 'remote'; readonly code: string; readonly reason: string; readonly help: string }

/** The files of one document that stand on other machines. */
export interface RemoteFiles {
  /** @param url absolute, without a fragment. @param from the file in which it stands. */
  open(url: string, from: string): OpenedRemote
  /** Fetches what was asked for and is pending. False when nothing was. */
  fetchPending(): Promise<boolean>
  /** What is to be recorded of what was opened. */
  record(): RecordFiles
  /** Absolute path of the recorded copy from which it was read; nothing where it was fetched. */
  copyOf(url: string): string | undefined
}

const MOST_DOCUMENTS = 100
const AT_ONCE = 6

/** @throws {TypeError} when one of the origins is none. */
export function createRemoteFiles(entry: string, options: RemoteOptions, log: SightingLog): RemoteFiles {
  const { allowRemote = false, refreshRemote = false } = options
  const origins = new Set((options.remoteOrigins ?? []).map(readOrigin))
  const record = readRecord(entry, log)
  const opened = new Map<string, OpenedRemote>()
  const texts = new Map<string, string>()
  const copies = new Map<string, string>()
  const pending = new Set<string>()

  const settle = (url: string, result: OpenedRemote): OpenedRemote => {
    opened.set(url, result)
    if ('text' in result) texts.set(url, result.text)
    return result
  }
  const recorded = (url: string): OpenedRemote | undefined => {
    const copy = refreshRemote ? undefined : record.text(url)
    if (copy === undefined) return undefined
    if ('text' in copy) {
      copies.set(url, copy.path)
      return { text: copy.text }
    }
    const help = 'restore the folder from version control, or fetch again with --refresh-remote'
    return { failure: 'remote', code: 'remote-record-broken', reason: `cannot be followed: ${copy.fault}`, help }
  }
  const fetchOne = async (url: string) => {
    const target = new URL(url)
    const fetched = await fetchDocument(target, { anyAddress: origins.has(target.origin) })
    if ('bytes' in fetched) settle(url, decode(fetched.bytes))
    else if (fetched.isPrivate !== true) settle(url, unreachable(fetched.reason))
    else settle(url, unreachable(fetched.reason, `if it is yours, name it: --remote-origin ${target.origin}`))
  }

  return {
    open(url, from) {
      const known = opened.get(url)
      if (known !== undefined) return known
      const target = new URL(url)
      const insecure = insecurity(target)
      if (insecure !== undefined) return insecure
      const copy = recorded(url)
      if (copy !== undefined) return settle(url, copy)
      const refused = origins.has(target.origin) ? undefined : refusal(target, from, allowRemote)
      if (refused !== undefined) return refused
      if (opened.size + pending.size >= MOST_DOCUMENTS) {
        return unreachable(`the document refers to more than ${MOST_DOCUMENTS} others over the network`)
      }
      pending.add(url)
      return { failure: 'pending' }
    },
    async fetchPending() {
      const urls = [...pending]
      pending.clear()
      for (let at = 0; at < urls.length; at += AT_ONCE) await Promise.all(urls.slice(at, at + AT_ONCE).map(fetchOne))
      return urls.length > 0
    },
    record: () => record.files(texts),
    copyOf: url => copies.get(url),
  }
}

function insecurity(url: URL): OpenedRemote | undefined {
  if (url.username !== '' || url.password !== '') {
    return refused('holds credentials', 'remove them, or save the file beside the document and refer to it by its path')
  }
  return isSecure(url) ? undefined : refused('goes over the network, and not over https', saveIt)
}

/** May nobody fetch it unless its origin is named? */
function refusal({ origin }: URL, from: string, allowRemote: boolean): OpenedRemote | undefined {
  if (!allowRemote) {
    return refused('goes over the network', `${saveIt}; or let it be fetched and recorded, with --allow-remote`)
  }
  if (!isRemote(from) || new URL(from).origin === origin) return undefined
  return refused('leads from one origin to another', `let it be followed with --remote-origin ${origin}`)
}

const saveIt = 'save the file beside the document, and refer to it by its path'

function refused(reason: string, help: string): OpenedRemote {
  return { failure: 'remote', code: 'reference-remote', reason, help }
}

function unreachable(reason: string, help = saveIt): OpenedRemote {
  return { failure: 'remote', code: 'remote-unreachable', reason: `cannot be fetched: ${reason}`, help }
}

/** Lines end with `\n` from here on: the record is a file of text. */
function decode(bytes: Buffer): OpenedRemote {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n') }
  } catch {
    return unreachable('its text is not UTF-8')
  }
}
