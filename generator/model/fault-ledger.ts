import type { Diagnostic, Location, Report } from '../diagnostics/diagnostic.js'
import { type RuleSettings, settled } from '../rules/settings.js'
import { RULES } from '../rules/table.js'
import { warning } from './faults.js'

/** An operation as faults name it: before anything of it is read. */
export interface OperationSite {
  readonly method: string
  readonly path: string
  /** `GET /path`, for messages. */
  readonly name: string
  /** Of the method's name. */
  readonly location: Location
}

interface Fault {
  readonly diagnostic: Diagnostic
  readonly owners: Set<OperationSite>
}

/**
 * The faults of a document, each once, with the operations that it belongs to: whoever lowers its rule has these left
 * out of the router.
 */
export class FaultLedger {
  readonly #faults = new Map<string, Fault>()

  /** Reports what belongs to these operations; to none, what concerns the document alone. */
  reportFor(...owners: readonly OperationSite[]): Report {
    return diagnostic => {
      const { code, severity, message, location } = diagnostic
      const key = JSON.stringify([code, severity, message, location?.file, location?.pointer, location?.offset])
      const known = this.#faults.get(key)
      if (!known) this.#faults.set(key, { diagnostic, owners: new Set(owners) })
      else for (const owner of owners) known.owners.add(owner)
    }
  }

  /** Is anything known to be wrong there, or further inside? */
  concern({ file, pointer }: Location): boolean {
    return [...this.#faults.values()].some(({ diagnostic: { location } }) => {
      return location?.file === file && (location.pointer === pointer || location.pointer.startsWith(`${pointer}/`))
    })
  }

  /** The operations that must not be served under these settings, each with the faults that say why. */
  leftOut(settings: RuleSettings): ReadonlyMap<OperationSite, readonly Diagnostic[]> {
    const reasons = new Map<OperationSite, Diagnostic[]>()
    for (const { diagnostic, owners } of this.#faults.values()) {
      // Whatever its rule was lowered to. As long as it is an error, nothing is generated anyway.
      if (diagnostic.severity !== 'error' || RULES.get(diagnostic.code)?.lowered !== 'left out') continue
      if (!Object.hasOwn(settings, diagnostic.code) || settings[diagnostic.code] === 'error') continue
      for (const owner of owners) {
        const known = reasons.get(owner)
        if (known) known.push(diagnostic)
        else reasons.set(owner, [diagnostic])
      }
    }
    return reasons
  }

  /** All faults as the settings have them, and a warning for each operation that is left out. */
  diagnostics(settings: RuleSettings): Diagnostic[] {
    const leftOut = [...this.leftOut(settings)].map(([site, reasons]) => skipped(site, reasons))
    return [
      ...[...this.#faults.values()].flatMap(({ diagnostic }) => settled(diagnostic, settings, true) ?? []),
      ...leftOut.flatMap(diagnostic => settled(diagnostic, settings) ?? []),
    ]
  }
}

function skipped({ name, location }: OperationSite, reasons: readonly Diagnostic[]): Diagnostic {
  const [first] = reasons
  const notes = reasons.map(({ code, location: at }) => ({
    message: `${code} stands here`,
    ...(at && { location: at }),
  }))
  return warning({
    code: 'operation-skipped',
    message: `${name} is left out: ${reasonText(name, first?.message ?? '')}`,
    help: 'requests to it are answered as if the document had no such operation',
    location,
    notes,
  })
}

/** A fault's message behind the operation's name, which many begin with themselves. */
export function reasonText(name: string, message: string): string {
  return message.startsWith(`${name} `) ? `it ${message.slice(name.length + 1)}` : message
}
