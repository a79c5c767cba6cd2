import { methodName } from '../../model/methods.js'
import type { Rule } from '../rules.js'

/** An operation without `security`, in a document without one at its root, is public, and nobody said so. */
export const operationPublicByOmission: Rule = {
  code: 'operation-public-by-omission',
  severity: 'warning',
  find: ({ operations }) =>
    operations
      .filter(operation => operation.source === 'none')
      .map(({ method, path, location }) => ({
        message: `${methodName(method)} ${path} is public, because neither it nor the document says otherwise`,
        help: 'write `security: []` if it is meant to be, or name who may call it',
        location,
      })),
}
