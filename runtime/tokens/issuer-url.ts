/** What is wrong with `text` as the URL of an issuer's, or `undefined`: https, or http on loopback, and nothing odd. */
export function issuerUrlFault(text: string): string | undefined {
  // URL() mends white space and backslashes silently, and drops an empty query: refuse what it would mend.
  if (!/^https?:\/\/[^/\s\\?#][^\s\\?#]*$/i.test(text) || !URL.canParse(text)) {
    return 'is no absolute https URL without query and fragment'
  }
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || text.split('/')[2]?.includes('@')) return 'holds credentials'
  if (url.protocol === 'http:' && !isLoopback(url)) return 'is an http URL, which is for loopback only'
  return undefined
}

export function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(url.hostname)
}
