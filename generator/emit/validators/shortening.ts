const STRING = '"(?:[^"\\\\]|\\\\.)*"'

/**
 * ajv's code, with calls of `schemaFunctions` in place of what it writes out each time. A type-checker parses all of it
 * although it checks nothing there.
 */
export function shorten(code: string): string {
  const [, hasOwn] = /^const (func\d+) = Object\.prototype\.hasOwnProperty;$/m.exec(code) ?? []
  const shorter = withTypeCalls(withCountedPushes(hasOwn === undefined ? code : withOwnCalls(code, hasOwn)))
  const names = ['isInteger', 'isObject', 'missing', 'own'].filter(name => used(shorter, name))
  return names.length === 0 ? shorter : `const { ${names.join(', ')} } = schemaFunctions;\n${shorter}`
}

/** Lines are matched whole: no string of the document can be what is found. */
function withOwnCalls(code: string, hasOwn: string): string {
  const member = `(?:\\.[A-Za-z_$][\\w$]*|\\[${STRING}\\])`
  const call = `${hasOwn}\\.call\\(\\1, (${STRING})\\)`
  const absent = new RegExp(`^if\\(\\((data\\d*)${member} === undefined\\) \\|\\| \\(!\\(${call}\\)\\)\\)\\{$`, 'gm')
  const present = new RegExp(`^if\\((data\\d*)${member} !== undefined && ${call}\\)\\{$`, 'gm')
  const shorter = code.replace(absent, 'if(!own($1, $2)){').replace(present, 'if(own($1, $2)){')
  const missing = `if\\(!own\\((data\\d*), (${STRING})\\)\\)\\{\\n\\(vErrors \\?\\?= \\[\\]\\)\\.push\\(\\{(instancePath.*),keyword:"required",params:\\{missingProperty: \\2\\}\\}\\);\\nerrors\\+\\+;\\n\\}\\n`
  const all = mergeRuns(shorter, new RegExp(missing, 'y'))
  return used(all.replace(`const ${hasOwn} = `, ''), hasOwn)
    ? all
    : all.replace(new RegExp(`^const ${hasOwn} = .*\\n`, 'm'), '')
}

/** One loop for all names of a `required`. */
function mergeRuns(code: string, pattern: RegExp): string {
  let text = ''
  let at = 0
  while (at < code.length) {
    const names: string[] = []
    let place: { readonly value: string; readonly path: string } | undefined
    for (;;) {
      pattern.lastIndex = at
      const [found, value, name, path] = pattern.exec(code) ?? []
      if (found === undefined || value === undefined || name === undefined || path === undefined) break
      if (place && (place.value !== value || place.path !== path)) break
      place = { value, path }
      names.push(name)
      at += found.length
    }
    if (place) {
      text += `for(const missingProperty of missing(${place.value}, [${names.join(', ')}])){\n(vErrors ??= []).push({${place.path},keyword:"required",params:{missingProperty}});\nerrors++;\n}\n`
      continue
    }
    const end = code.indexOf('\n', at)
    const next = end < 0 ? code.length : end + 1
    text += code.slice(at, next)
    at = next
  }
  return text
}

/** There are as many errors as `vErrors` holds: ajv resets both together. */
function withCountedPushes(code: string): string {
  return code.replace(/^(\(vErrors \?\?= \[\]\)\.push\(\{.*\}\));\nerrors\+\+;$/gm, 'errors = $1;')
}

function withTypeCalls(code: string): string {
  const value = '[\\w$.[\\]]+'
  const object = `\\b(?<object>${value}) && typeof \\k<object> == "object" && !Array\\.isArray\\(\\k<object>\\)`
  const integer = `\\(typeof (?<integer>${value}) == "number"\\) && \\(!\\(\\k<integer> % 1\\) && !isNaN\\(\\k<integer>\\)\\)`
  return code.replace(new RegExp(`${STRING}|${object}|${integer}`, 'g'), (found: string, ...rest: unknown[]) => {
    const groups = rest.at(-1) as { readonly object?: string; readonly integer?: string }
    if (groups.object !== undefined) return `isObject(${groups.object})`
    return groups.integer === undefined ? found : `isInteger(${groups.integer})`
  })
}

function used(code: string, name: string): boolean {
  return code.replace(new RegExp(STRING, 'g'), '""').match(new RegExp(`\\b${name}\\b`)) !== null
}
