import { methodName } from '../../model/methods.js'
import { whyUnreadable } from '../../model/parameter-styles.js'
import type { Rule } from '../rules.js'

/** A parameter that may be left out, and must be: it is spelled in a way that cannot hold what its schema describes. */
export const parameterUnreadable: Rule = {
  code: 'parameter-unreadable',
  severity: 'warning',
  find: ({ operations, schemas }) =>
    operations.flatMap(({ method, path, parameters }) =>
      parameters.flatMap(parameter => {
        const why = parameter.required ? undefined : whyUnreadable(parameter, schemas)
        if (why === undefined) return []
        const { in: place, name, location } = parameter
        return {
          message: `${methodName(method)} ${path} has the ${place} parameter ${JSON.stringify(name)} with ${why}: requests that send it are answered 400`,
          help: 'describe it as JSON, with content: { application/json: { schema } }, or with a schema of texts and numbers',
          location,
        }
      }),
    ),
}
