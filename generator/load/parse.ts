import type { Diagnostic } from '../diagnostics/diagnostic.js'
import { inspectJson, type TextFault } from './json-text.js'
import { yamlValue } from './yaml-text.js'

export interface Parsed {
  readonly value?: unknown
  readonly diagnostics: readonly Diagnostic[]
}

/** JSON.parse takes this text, and what it yields is what the text says. */
export function isJson(text: string): boolean {
  return json(text) !== undefined
}

/**
 * The value of a JSON or YAML text, told apart by content. Names that stand twice are faults in both; so is
 * `__proto__` as a name, which too many programs that read the value later would take for the prototype.
 */
export function parse(file: string, text: string): Parsed {
  const reserved: TextFault[] = []
  const onName = (name: string, offset: number) => {
    if (name === '__proto__') {
      const message = 'the member name "__proto__" is reserved in JavaScript and cannot be carried safely'
      reserved.push({ message, help: 'rename the member', offset })
    }
  }
  const strict = json(text)
  const { value, faults } =
    strict === undefined ? yamlValue(text, onName) : { value: strict.value, faults: inspectJson(text, onName) }
  const diagnostics = [
    ...faults.map(fault => diagnostic('file-malformed', file, fault)),
    ...reserved.map(fault => diagnostic('name-reserved', file, fault)),
  ]
  return diagnostics.length > 0 ? { diagnostics } : { value, diagnostics }
}

function json(text: string): { readonly value: unknown } | undefined {
  if (!text.trimStart().startsWith('{')) return undefined
  try {
    return { value: JSON.parse(text) }
  } catch {
    // Not JSON: YAML may take it, and says where it is wrong when it does not.
    return undefined
  }
}

function diagnostic(code: string, file: string, { message, help, offset }: TextFault): Diagnostic {
  return { code, severity: 'error', message, help, location: { file, pointer: '', offset } }
}
