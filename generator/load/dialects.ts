import type { JsonObject } from './document.js'
import { member, type Origin, segmentsOf } from './origins.js'
import { isObject, type Targets } from './targets.js'

/** JSON Schema 2020-12, and the dialects that OpenAPI makes of it. */
const CURRENT =
  /^https?:\/\/(?:json-schema\.org\/draft\/2020-12\/schema|spec\.openapis\.org\/oas\/3\.[12]\/dialect\/[\w-]+)#?$/
/** Older drafts: most of their keywords mean the same. */
const OLDER = /^https?:\/\/json-schema\.org\/(draft-0[467]|draft\/2019-09)\/schema#?$/

/** What constrains a value, in any draft. */
const CONSTRAINTS = new Set(
  `type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems
  minItems uniqueItems contains maxProperties minProperties required properties patternProperties additionalProperties
  propertyNames dependencies items additionalItems allOf anyOf oneOf not if then else format nullable`.split(/\s+/),
)

export function constrains(keyword: string): boolean {
  return CONSTRAINTS.has(keyword)
}

interface Declared {
  readonly dialect: unknown
  readonly place: Origin
}

/**
 * Schemas are read as JSON Schema 2020-12, whatever `$schema` or `jsonSchemaDialect` say. Refuses those in which it
 * would mean something else.
 */
export class Dialects {
  private readonly declaring = new Map<string, boolean>()

  constructor(private readonly targets: Targets) {}

  /** The document's own, which holds for schemas that declare none. */
  readDocument(origin: Origin, root: JsonObject): void {
    if (Object.hasOwn(root, 'jsonSchemaDialect')) {
      this.nameOf({ dialect: root.jsonSchemaDialect, place: member(origin, 'jsonSchemaDialect') })
    }
  }

  check(node: JsonObject, origin: Origin): void {
    if (!this.declares(origin.file)) return
    const declared = this.declaredAt(origin)
    const draft = declared && this.nameOf(declared)
    if (draft === undefined) return
    const fault = (keyword: string, message: string, help: string) => {
      this.targets.fault('schema-dialect-unsupported', message, help, member(origin, keyword), { key: true })
    }
    const older = draft !== 'draft/2019-09'
    for (const keyword of Object.keys(node)) {
      if ((keyword === 'items' && Array.isArray(node.items)) || keyword === 'additionalItems') {
        const message = `"${keyword}" of ${draft} says what "prefixItems" and "items" say in JSON Schema 2020-12`
        fault(keyword, message, 'write it in the newer words, and remove "$schema"')
      } else if (older && typeof node.$ref === 'string' && constrains(keyword)) {
        const message = `"${keyword}" beside "$ref" is ignored in ${draft}, and counts in JSON Schema 2020-12`
        fault(keyword, message, 'remove it; or remove "$schema", where it is meant to count')
      }
    }
  }

  /** The name of an older draft; nothing where nothing can differ, or where the dialect was refused. */
  private nameOf({ dialect, place }: Declared): string | undefined {
    const text = typeof dialect === 'string' ? dialect : ''
    if (CURRENT.test(text)) return undefined
    const [, draft] = OLDER.exec(text) ?? []
    if (draft !== undefined) return draft
    const message = `schemas in the dialect ${JSON.stringify(dialect)} are not understood: JSON Schema 2020-12 is, and the OpenAPI dialects of it`
    this.targets.fault('schema-dialect-unsupported', message, 'write them in JSON Schema 2020-12, and remove it', place)
    return undefined
  }

  private declares(file: string): boolean {
    const known = this.declaring.get(file)
    if (known !== undefined) return known
    const answer = /\$schema|jsonSchemaDialect/.test(this.targets.text(file))
    this.declaring.set(file, answer)
    return answer
  }

  /** What is declared nearest above. */
  private declaredAt(origin: Origin): Declared | undefined {
    let at: Origin = { file: origin.file, key: '' }
    let node = this.targets.value(origin.file)
    let declared: Declared | undefined
    for (const segment of [...segmentsOf(origin), undefined]) {
      if (isObject(node)) {
        // There, `$schema` tells an editor what the document itself is checked by.
        const isDocument = at.parent === undefined && Object.hasOwn(node, 'openapi')
        const name = isDocument ? 'jsonSchemaDialect' : '$schema'
        if (isDocument ? Object.hasOwn(node, name) : typeof node[name] === 'string') {
          declared = { dialect: node[name], place: member(at, name) }
        }
      }
      if (segment === undefined || typeof node !== 'object' || node === null) break
      node = Reflect.get(node, segment)
      at = member(at, segment)
    }
    return declared
  }
}
