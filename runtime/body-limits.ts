/** How much of a request's body is taken in, and in what shape. */
export interface BodyLimits {
  /** Bytes of a JSON body, form or text, decompressed; in a multipart body, of all parts but the files together. */
  readonly limit: number
  /** How deep arrays and objects may stand in each other. */
  readonly depth: number
  /** Members of all objects, or of a form, together. */
  readonly members: number
  /** Files of a multipart body. */
  readonly files: number
  /** Bytes of one such file. */
  readonly fileSize: number
  /** Parts of a multipart body, files included. */
  readonly parts: number
}

export const DEFAULT_BODY_LIMITS: BodyLimits = {
  limit: 102_400,
  depth: 64,
  members: 10_000,
  files: 10,
  fileSize: 10_485_760,
  parts: 1000,
}
