import type { ComponentNames } from './component-names.js'
import type { JsonObject, ResolvedDocument } from './document.js'
import { member, type Origin } from './origins.js'
import type { Target, Targets } from './targets.js'

/**
 * The names of a Security Requirement Object. From OpenAPI 3.2 on, one that is no component's may be the URI of a
 * Security Scheme Object: the scheme becomes a component, and the name its name there.
 */
export class SecurityNames {
  /** Schemes that became components. */
  readonly moved: { readonly name: string; readonly target: Target }[] = []

  constructor(
    private readonly targets: Targets,
    private readonly names: ComponentNames,
    private readonly version: ResolvedDocument['version'],
  ) {}

  rename(built: JsonObject, origin: Origin): JsonObject {
    if (this.version !== '3.2') return built
    const renamed: JsonObject = {}
    for (const [name, scopes] of Object.entries(built)) {
      const own = this.componentOf(name, member(origin, name)) ?? name
      const before = renamed[own]
      // Named in two ways, both must hold.
      renamed[own] = Array.isArray(before) && Array.isArray(scopes) ? [...before, ...scopes] : scopes
    }
    return renamed
  }

  private componentOf(name: string, place: Origin): string | undefined {
    // A single word is a name, and a wrong one where there is no such component; `./word` is a file.
    if (this.names.isScheme(name) || !/[/#:]|\.(?:ya?ml|json)$/i.test(name)) return undefined
    const found = this.targets.findAt(name, place)
    const target =
      found &&
      (this.names.of('securitySchemes', found) === undefined ? this.names.follow('securitySchemes', found) : found)
    if (target === undefined || !this.names.isFit('securityScheme', target, place)) return undefined
    const known = this.names.of('securitySchemes', target)
    if (known !== undefined) return known
    const invented = this.names.inventScheme(target)
    this.moved.push({ name: invented, target })
    return invented
  }
}
