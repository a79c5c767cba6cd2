import { bodyKind } from '../../emit/validators/body-kind.js'
import type { Rule } from '../rules.js'

/** A body that nothing here can hold to its schema, such as XML under an object's schema: it is not accepted. */
export const bodyUnreadable: Rule = {
  code: 'body-unreadable',
  severity: 'warning',
  find: ({ operations, schemas }) =>
    operations.flatMap(({ method, path, requestBody }) =>
      (requestBody?.content ?? [])
        .filter(content => bodyKind(content, schemas) === undefined)
        .map(({ mediaType, location }) => ({
          message: `${method.toUpperCase()} ${path} cannot read ${JSON.stringify(mediaType)} under this schema: such requests are answered 415`,
          help: 'describe the body as JSON, a form or text; or as bytes, with an empty schema, and read it in the handler',
          location: { ...location, key: true },
        })),
    ),
}
