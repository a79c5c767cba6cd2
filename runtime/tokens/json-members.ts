/**
 * Is a name written twice in an object of this JSON text? Parsers differ in which of the two they take, so that one
 * could check what another one uses (RFC 7515 section 4, RFC 8725 section 2.4). Wants text that `JSON.parse` takes.
 */
export function repeatsMember(text: string): boolean {
  const open: (Set<string> | undefined)[] = []
  let string = ''
  for (const [piece] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    if (piece === '{') open.push(new Set())
    else if (piece === '[') open.push(undefined)
    else if (piece === '}' || piece === ']') open.pop()
    else if (piece !== ':') string = piece
    else {
      // Read before it is compared: an escape is another spelling of the same name.
      const name = JSON.parse(string) as string
      const names = open.at(-1)
      if (names?.has(name)) return true
      names?.add(name)
    }
  }
  return false
}
