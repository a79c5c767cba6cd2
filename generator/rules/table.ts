import type { Severity } from '../diagnostics/diagnostic.js'

/** What becomes of operations when an error of a rule is lowered: nothing that was closed may open. */
export type Lowered =
  /** Whatever the fault belongs to is left out of the router, and named. */
  | 'left out'
  /** They are served, and demand all that is written: the fault makes nothing weaker. */
  | 'kept'
  /** It cannot be: the fault concerns the whole document, or the output. */
  | 'never'

export interface RuleFacts {
  /** By default. Where there are two, what the fault touches decides. */
  readonly severities: readonly Severity[]
  readonly lowered: Lowered
  /** What is wrong, in the words of docs/diagnostics.md. */
  readonly fact: string
}

const error = (lowered: Lowered, fact: string): RuleFacts => ({ severities: ['error'], lowered, fact })
const warning = (fact: string): RuleFacts => ({ severities: ['warning'], lowered: 'kept', fact })
const either = (lowered: Lowered, fact: string): RuleFacts => ({ severities: ['error', 'warning'], lowered, fact })

const TABLE: { readonly [code: string]: RuleFacts } = {
  'alternative-unsatisfiable': error(
    'left out',
    'no request can meet an alternative of `security`: two of its schemes need the same header, cookie or parameter',
  ),
  'body-malformed': error('left out', 'a request body, or a media type of one, is not what OpenAPI describes'),
  'body-unreadable': warning(
    'a request body, or a member of one, that cannot be held to its schema, such as XML, or a file of which a pattern is demanded; it is refused',
  ),
  'claims-malformed': error('left out', '`x-claims` holds something that the grammar does not know'),
  'claims-on-public': error('left out', '`x-claims` on an operation that needs no token'),
  'claims-param-type': error('left out', '`{ param }` names a path parameter that is neither a string nor an integer'),
  'claims-param-undefined': error('left out', '`{ param }` names a parameter that the path lacks'),
  'claims-without-token': error('left out', 'an alternative of `security` has no token whose claims could be asked'),
  'default-unfit': warning('the default of a parameter does not fit its own schema, and is left out'),
  'document-form': warning(
    "the document breaks OpenAPI's schema where neither routing, security nor types are touched",
  ),
  'document-oversized': error('never', 'the document is nested too deeply, or expands too far'),
  'document-swagger-2': error('never', 'the document is Swagger 2.0; the help says how to convert it'),
  'document-version': error('never', 'the document is no OpenAPI 3.0, 3.1 or 3.2'),
  'emit-failed': error(
    'never',
    'types or validators cannot be made of the document, because of a name that a library behind does not take, or of a schema that leads through too many others',
  ),
  'extension-unknown': error(
    'left out',
    'an extension that looks like one of ours and is none: `x-claim`, `x-Scope-Match`',
  ),
  'feature-unsupported': error('left out', 'an operation needs what is not supported yet'),
  'file-malformed': error('never', 'a file is neither YAML nor JSON, or has a member twice'),
  'file-unreadable': error('never', 'a file cannot be read'),
  'handler-index-unclear': warning(
    "a new handler could not be added to the index of the handlers' folder, or may be there unseen; the help says what to write",
  ),
  'handler-orphaned': warning('a handler whose operation the document no longer has'),
  'name-reserved': error('never', 'a name that code gives a meaning to stands where it cannot be kept apart'),
  'operation-id-duplicate': error('left out', 'two operations have the same `operationId`'),
  'operation-malformed': error('left out', 'an operation is not what OpenAPI describes'),
  'operation-name-collision': error(
    'left out',
    'two operations would have the same name in code, or differ in case only',
  ),
  'operation-public-by-omission': warning('an operation is public, and neither it nor the document says so'),
  'operation-skipped': {
    severities: ['warning'],
    lowered: 'never',
    fact: 'an operation was left out, because a rule was lowered; it says which and why',
  },
  'output-foreign': error('never', 'a file that gatewright did not write is in the way'),
  'parameter-duplicate': error('left out', 'a parameter is declared twice'),
  'parameter-malformed': error('left out', 'a parameter is not what OpenAPI describes'),
  'parameter-unreadable': warning(
    'no request can say what the schema of an optional parameter asks for, such as a list of objects in style `form`; one that sends it is answered 400',
  ),
  'parameter-unused': warning('a path parameter that the path lacks; it is left out'),
  'path-ambiguous': error('left out', 'a request can be meant for two paths, and neither is the more concrete'),
  'path-crossing': warning(
    'a request can be meant for two paths that demand different things: the concrete segment on the left decides',
  ),
  'path-duplicate': error(
    'left out',
    'two paths are the same but for the names of their parameters, and share a method',
  ),
  'path-malformed': error('left out', 'a path that cannot be routed: braces, `?` or `#`, no leading slash'),
  'paths-malformed': error('never', '`paths` is no object'),
  'pattern-unsafe': either(
    'left out',
    'a pattern that a text made for it could keep busy for good, and that cannot be matched in another way; a warning where no request reaches it',
  ),
  'reference-conflict': error('never', 'a path item and what it refers to both have the same member'),
  'reference-cycle': error('never', 'references that lead in a circle and never anywhere'),
  'reference-dangling': error('never', 'a `$ref` to what is not there'),
  'reference-malformed': error('never', 'a `$ref` that is no reference'),
  'reference-mistyped': error('never', 'a `$ref` to something of another kind'),
  'reference-outside-root': error('never', 'a `$ref` out of the root folder; `--root` sets it'),
  'reference-remote': error(
    'never',
    'a `$ref` over the network that nothing allows; `--allow-remote` fetches it and records a copy',
  ),
  'reference-siblings-ignored': warning(
    'what stands beside a `$ref` and does not count there, though it looks as if it should',
  ),
  'reference-unsupported': either(
    'never',
    "a kind of reference that is not followed: an error where a request's validation depends on it",
  ),
  'remote-record-broken': error(
    'never',
    'the recorded copy of a remote document is missing, or is not what was recorded',
  ),
  'remote-unreachable': error(
    'never',
    'a remote document that may be fetched, and cannot be: status, redirect, size, time, or a private address',
  ),
  'response-malformed': warning(
    'a response, or a media type or header of one, is not what OpenAPI describes; such replies are neither checked nor stripped',
  ),
  'response-unchecked': warning('the schema of a reply cannot be used; such replies are neither checked nor stripped'),
  'schema-dialect-unsupported': error(
    'never',
    'a schema in a dialect that is not understood, or whose words mean something else in an older draft',
  ),
  'schema-malformed': either('left out', 'a schema that cannot be compiled; a warning where no request reaches it'),
  'schema-unsupported': either(
    'left out',
    'a schema that says what is not supported yet; a warning where no request reaches it',
  ),
  'scheme-malformed': error('left out', 'a security scheme is not what OpenAPI describes'),
  'scheme-undefined': error('left out', '`security` names a scheme that is not defined'),
  'scope-malformed': error('left out', 'a scope of characters that no token can carry'),
  'scope-match-malformed': error(
    'left out',
    '`x-scope-match` is neither `all` nor `any`, or has no scopes to choose from',
  ),
  'scope-undefined': error('kept', '`security` demands a scope that its `oauth2` scheme does not declare'),
  'security-malformed': error('left out', '`security` is not a list of objects of lists'),
  'token-schema-malformed': error('kept', '`x-token` refers to no schema, or stands on a scheme without tokens'),
}

/** Every rule by its code, in alphabetical order. */
export const RULES: ReadonlyMap<string, RuleFacts> = new Map(Object.entries(TABLE))
