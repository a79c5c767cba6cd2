/** Longest key, name or password that a function of yours is asked about, in characters. */
export const MAX_SECRET = 4096

/** Is it worth asking about: neither too long nor with control characters, which cut texts short in other languages? */
export function isSecretText(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.length <= MAX_SECRET && !/[\u0000-\u001f\u007f]/.test(text)
}
