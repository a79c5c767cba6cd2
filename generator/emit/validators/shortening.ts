const STRING = '"(?:[^"\\\\]|\\\\.)*"'

/**
 * ajv's code, with calls of `schemaFunctions` in place of what it writes out each time. A type-checker parses all of it
 * although it checks nothing there.
 */
export function shorten(code: string): string {
  const [, hasOwn] = /^const (func\d+) = Object\.prototype\.hasOwnProperty;$/m.exec(code) ?? []
  const shorter = withTypeCalls(withCountedPushes(hasOwn === undefined ? code : withOwnCalls(code, hasOwn)))
  const bare = withoutStrings(shorter)
  const names = ['isInteger', 'isObject', 'missing', 'own'].filter(name => uses(bare, name))
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
  return uses(withoutStrings(all).replace(`const ${hasOwn} = `, ''), hasOwn)
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

/** What is found holds a quote without a backslash, in the middle of code: no string of the document does. */
function withTypeCalls(code: string): string {
  const value = 'data[\\w$.[\\]]*'
  const object = `\\b(${value}) && typeof \\1 == "object" && !Array\\.isArray\\(\\1\\)`
  const integer = `\\(typeof (${value}) == "number"\\) && \\(!\\(\\1 % 1\\) && !isNaN\\(\\1\\)\\)`
  return code.replace(new RegExp(object, 'g'), 'isObject($1)').replace(new RegExp(integer, 'g'), 'isInteger($1)')
}

function withoutStrings(code: string): string {
  return code.replace(new RegExp(STRING, 'g'), '""')
}

/** @param bare code without strings. */
function uses(bare: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(bare)
}
