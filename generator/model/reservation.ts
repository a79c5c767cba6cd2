import { type PathPart, type PathSegment, parsePath } from '../../runtime/path.js'

export interface Reservation {
  readonly template: string
  readonly segments: readonly PathSegment[]
  /** Requests could be told apart by the template, and its parameters are the path's. */
  readonly isExact: boolean
}

/**
 * A template that stands where a path that cannot be routed would: what the path surely says is concrete, what it may
 * say is a parameter. `/pets?all` → `/pets`; `/pets/{a}{b}` → `/pets/{1}`.
 */
export function reservation(path: string): Reservation {
  const [before = ''] = path.split(/[?#]/)
  const local = before.startsWith('/') ? before : `/${before}`
  const whole = parsePath(local)
  if (!('fault' in whole)) return { template: local, segments: whole.segments, isExact: true }
  let count = 0
  const segments = local
    .slice(1)
    .split('/')
    .map((text): PathSegment => {
      const parsed = parsePath(`/${text.replace(/%(?![0-9a-f]{2})/gi, '%25')}`)
      const parts = 'fault' in parsed ? undefined : parsed.segments[0]
      // Numbers for names: the path may name a parameter twice.
      const anything: PathPart = { param: '' }
      return (parts ?? [anything]).map(part => ('param' in part ? { param: String(++count) } : part))
    })
  return { template: segments.map(segment => `/${segment.map(textOf).join('')}`).join(''), segments, isExact: false }
}

function textOf(part: PathPart): string {
  if ('param' in part) return `{${part.param}}`
  return part.literal.replace(/[%{}?#/]/g, mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
}
