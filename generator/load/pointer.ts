/** JSON Pointer (RFC 6901): its text from segments, and back. */
export function pointerText(segments: readonly (string | number)[]): string {
  return segments.map(segment => `/${escapeSegment(String(segment))}`).join('')
}

export function pointerSegments(pointer: string): string[] {
  return pointer === '' ? [] : pointer.slice(1).split('/').map(unescapeSegment)
}

export function escapeSegment(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1')
}

function unescapeSegment(segment: string): string {
  // RFC 6901 section 4: `~1` first, or `~01` would become a slash.
  return segment.replaceAll('~1', '/').replaceAll('~0', '~')
}
