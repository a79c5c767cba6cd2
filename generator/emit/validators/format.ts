import { formats } from '../../../runtime/formats.js'

/**
 * The formats by which values of these types are checked. One that nobody knows is an annotation, and so is one beside
 * a type that it says nothing of. Those for numbers may be meant for their spelling as text, too.
 */
export function checkedFormats(format: string, type: unknown): string[] {
  const types: readonly unknown[] | undefined = type === undefined ? undefined : [type].flat()
  return [format, `${format} as text`].filter(name => {
    const check = formatNamed(name)
    if (check === undefined) return false
    if (types === undefined) return true
    return typeof check === 'function'
      ? types.includes('string')
      : types.some(one => one === 'number' || one === 'integer')
  })
}

/** The table's own members only: a document may write `constructor`. */
function formatNamed(name: string) {
  return Object.entries(formats).find(([known]) => known === name)?.[1]
}
