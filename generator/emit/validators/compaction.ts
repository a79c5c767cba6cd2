import { jsonLiteral } from './json-literal.js'
import { shorten } from './shortening.js'

/**
 * What ajv compiled, without what nobody reads: whole schemas for the sake of their lists of values, the place of a
 * keyword in its schema, the object around a value.
 */
export function compact(code: string): string {
  const { literals, rest } = withoutLiterals(code)
  const values = new Map<string, string>()
  const kept = new Set<string>()
  const compacted = replaceInCode(rest, SCHEMA_USE, (use, name, path) => {
    const literal = literals.get(name)
    if (literal === undefined) return use
    if (path === '') {
      kept.add(name)
      return use
    }
    const text = jsonLiteral(valueAt(JSON.parse(literal), path))
    if (!/^[[{]/.test(text)) return text
    const constant = values.get(text) ?? `values${values.size}`
    values.set(text, constant)
    return constant
  })
  const schemas = [...kept].map(name => `const ${name} = ${literals.get(name)};\n`)
  const lists = [...values].map(([text, name]) => `const ${name} = ${text};\n`)
  return `${lists.join('')}${schemas.join('')}${shorten(withoutIdleMembers(withShortPushes(compacted)))}`
}

/** At the start of a line only: there, no string of the document can be what is found. */
function withoutLiterals(code: string): { literals: ReadonlyMap<string, string>; rest: string } {
  const literals = new Map<string, string>()
  const rest = code.replace(/^const (schema\d+) = (.*);\n/gm, (_line, name: string, literal: string) => {
    literals.set(name, literal)
    return ''
  })
  return { literals, rest }
}

const STRING = '"(?:[^"\\\\]|\\\\.)*"'
const SCHEMA_USE = `\\b(schema\\d+)((?:\\.[A-Za-z_$][\\w$]*|\\[(?:${STRING}|\\d+)\\])*)`

/** `pattern` has two groups, and matches no string. */
function replaceInCode(
  code: string,
  pattern: string,
  replace: (found: string, first: string, second: string) => string,
): string {
  return code.replace(new RegExp(`${STRING}|${pattern}`, 'g'), (found: string, first?: string, second?: string) =>
    first === undefined ? found : replace(found, first, second ?? ''),
  )
}

function valueAt(schema: unknown, path: string): unknown {
  let value = schema
  for (const [, name, text] of path.matchAll(new RegExp(`\\.([\\w$]+)|\\[(${STRING}|\\d+)\\]`, 'g'))) {
    const key = name ?? String(JSON.parse(text ?? ''))
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) {
      throw new Error(`ajv's code uses ${path} of a schema that lacks it`)
    }
    value = Object.entries(value).find(([known]) => known === key)?.[1]
  }
  return value
}

function withShortPushes(code: string): string {
  return code.replace(
    /^const (err\d+) = (\{.*\});\nif\(vErrors === null\)\{\nvErrors = \[\1\];\n\}\nelse \{\nvErrors\.push\(\1\);\n\}\nerrors\+\+;$/gm,
    (_block, _name, error: string) => `(vErrors ??= []).push(${error});\nerrors++;`,
  )
}

const AROUND = ['parentData', 'parentDataProperty', 'rootData', 'dynamicAnchors']

function withoutIdleMembers(code: string): string {
  const around = `,parentData(?::\\w+)?,parentDataProperty(?::(?:${STRING}|\\w+))?,rootData,dynamicAnchors(?=\\})`
  const shorter = replaceInCode(code, `(${around}|,schemaPath:${STRING}(?=,))()`, () => '')
  const alone = shorter.replace(
    /^(function validate\d+\(data, \{instancePath=""), parentData, parentDataProperty, rootData=data, dynamicAnchors=\{\}\}=\{\}\)/gm,
    '$1}={})',
  )
  // Read with care only where there is something to find.
  if (!AROUND.some(name => alone.includes(name))) return alone
  let used = false
  replaceInCode(alone, `\\b(${AROUND.join('|')})()\\b`, found => {
    used = true
    return found
  })
  return used ? shorter : alone
}
