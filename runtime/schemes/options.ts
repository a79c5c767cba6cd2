import { issuerUrlFault } from '../tokens/issuer-url.js'
import { ConfigurationError } from '../verifier.js'

/** A misspelled option must not be ignored: it may have been meant to make a rule stricter. */
export function refuseUnknownOptions(where: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ConfigurationError(`${where} wants an object of options: ${names.join(', ')}`)
  }
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue
    throw new ConfigurationError(`${where} has no option ${JSON.stringify(name)}; its options are ${names.join(', ')}`)
  }
}

/** The value of a number option, or its default. */
export function numberOption(
  where: string,
  name: string,
  value: unknown,
  { otherwise, min, max }: { readonly otherwise: number; readonly min: number; readonly max: number },
): number {
  if (value === undefined) return otherwise
  if (typeof value === 'number' && value >= min && value <= max) return value
  throw new ConfigurationError(`${where}: '${name}' must be a number of seconds from ${min} to ${max}`)
}

/** @throws {ConfigurationError} unless `value` is a function; `signature` shows what is wanted. */
export function demandFunction(where: string, value: unknown, signature: string): void {
  if (typeof value !== 'function') throw new ConfigurationError(`${where} wants a function ${signature}`)
}

/** @throws {ConfigurationError} unless `url` is an https URL, or an http one on loopback. */
export function demandUrl(where: string, name: string, url: unknown): void {
  const fault = typeof url === 'string' ? issuerUrlFault(url) : 'is required, as a string'
  if (fault !== undefined) throw new ConfigurationError(`${where}: '${name}' ${fault}`)
}
