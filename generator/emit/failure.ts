import type { Location } from '../diagnostics/diagnostic.js'

interface Place {
  readonly location?: Location
  /** Is it that schemas lead through more others than what reads them can follow? */
  readonly tooDeep: boolean
}

/** What emits a file stopped at something in the document that it cannot take. */
export class EmitFailure extends Error implements Place {
  override readonly name = 'EmitFailure'
  readonly location?: Location
  readonly tooDeep: boolean

  constructor(message: string, { cause, location }: { readonly cause: unknown; readonly location?: Location }) {
    super(message, { cause })
    this.tooDeep = cause instanceof RangeError || (cause instanceof EmitFailure && cause.tooDeep)
    if (location) this.location = location
  }
}

/** What fails while this part of the document is emitted has its place. */
export function emitAt<Result>(location: Location, emitPart: () => Result): Result {
  try {
    return emitPart()
  } catch (cause) {
    throw cause instanceof EmitFailure ? cause : new EmitFailure((cause as Error).message, { cause, location })
  }
}

/** @throws {EmitFailure} with the file's name, and the place of its cause where that has one. */
export async function emitFile(file: string, emit: () => string | Promise<string>): Promise<string> {
  try {
    return await emit()
  } catch (cause) {
    const { location } = cause instanceof EmitFailure ? cause : {}
    const reason = reasonOf(cause)
    throw new EmitFailure(`${file} cannot be made of this document: ${reason}`, {
      cause,
      ...(location && { location }),
    })
  }
}

function reasonOf(cause: unknown): string {
  const tooDeep = cause instanceof RangeError || (cause instanceof EmitFailure && cause.tooDeep)
  return tooDeep ? 'a schema leads through too many others' : (cause as Error).message
}
