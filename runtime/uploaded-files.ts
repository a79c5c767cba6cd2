import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'

/** A file of a multipart body. What the client says of it is data, and was not compared with what it holds. */
export interface UploadedFile {
  /** As the client calls it, without folders and control characters. Not unique, and no name to store it under. */
  readonly filename: string | undefined
  /** As the client declares it, with its parameters; `application/octet-stream` if it does not. */
  readonly mediaType: string
  /** In bytes. */
  readonly size: number
  /**
   * Reads it from its start, as often as asked.
   * @throws {Error} once the handler has settled and the response is closed: the file is gone then.
   */
  readonly stream: () => Readable
}

export interface StoredBytes {
  readonly size: number
  readonly stream: () => Readable
}

/** Larger files go to disk. */
const IN_MEMORY = 65_536

/**
 * Keeps the files of one request until `release`: small ones in memory; larger ones on disk, in files of the temporary
 * folder (`TMPDIR`) that only this user may read, and that lose their name as soon as they are open. So none outlives
 * the request, not even if the process is killed.
 */
export class FileStore {
  private readonly handles: FileHandle[] = []
  private readonly folders: string[] = []
  private released = false

  /** `undefined` if there are more than `limit` bytes. */
  async receive(chunks: AsyncIterable<Buffer>, limit: number): Promise<StoredBytes | undefined> {
    let held: Buffer[] = []
    let size = 0
    let handle: FileHandle | undefined
    for await (const chunk of chunks) {
      size += chunk.length
      if (size > limit) return undefined
      held.push(chunk)
      if (handle === undefined && size > IN_MEMORY) handle = await this.open()
      if (handle === undefined) continue
      await handle.appendFile(Buffer.concat(held))
      held = []
    }
    const onDisk = handle
    const inMemory = Buffer.concat(held)
    return {
      size,
      stream: () => {
        if (this.released) throw new Error('An uploaded file was read after the request that brought it had ended')
        // By its handle, never by its number: the number of a closed file may be that of another one.
        return onDisk
          ? onDisk.createReadStream({ start: 0, autoClose: false })
          : Readable.from(inMemory, { objectMode: false })
      },
    }
  }

  /** Frees everything. Streams that are still being read end with an error. */
  async release(): Promise<void> {
    if (this.released) return
    this.released = true
    await Promise.allSettled(this.handles.map(handle => handle.close()))
    await Promise.allSettled(this.folders.map(removeFolder))
  }

  private async open(): Promise<FileHandle> {
    const folder = await mkdtemp(join(tmpdir(), 'gatewright-'))
    try {
      const handle = await open(join(folder, 'file'), 'wx+', 0o600)
      this.handles.push(handle)
      return handle
    } finally {
      // Where a system keeps the name of what is open, it goes when the request ends.
      await removeFolder(folder).catch(() => this.folders.push(folder))
    }
  }
}

function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true })
}
