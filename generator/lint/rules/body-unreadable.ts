import { bodyKind } from '../../emit/validators/body-kind.js'
import { formMembers } from '../../emit/validators/form-members.js'
import type { ApiModel, MediaType } from '../../model/api-model.js'
import { methodName } from '../../model/methods.js'
import { whyUnreadable } from '../../model/parameter-styles.js'
import type { Rule } from '../rules.js'

const DESCRIBE =
  'describe the body as JSON, a form or text; or as bytes, with an empty schema, and read it in the handler'

/**
 * A body that nothing here can hold to its schema, such as XML under an object's schema: it is not accepted. Nor is one
 * with a member that its `encoding` cannot spell.
 */
export const bodyUnreadable: Rule = {
  code: 'body-unreadable',
  severity: 'warning',
  find: ({ operations, schemas }) =>
    operations.flatMap(({ method, path, requestBody }) =>
      (requestBody?.content ?? []).flatMap(content => {
        const name = `${methodName(method)} ${path}`
        const { mediaType, location } = content
        const at = { ...location, key: true as const }
        if (bodyKind(content, schemas) === undefined) {
          return {
            message: `${name} cannot read ${JSON.stringify(mediaType)} under this schema: such requests are answered 415`,
            help:
              content.encoding === undefined
                ? DESCRIBE
                : `${DESCRIBE}; or leave the styles out of encoding: members must not be spelled alike, and required ones must have a spelling`,
            location: at,
          }
        }
        return unreadableMembers(content, schemas).map(([member, why]) => ({
          message: `${name} has the member ${JSON.stringify(member)} of ${JSON.stringify(mediaType)} with ${why}: requests that send it are answered 400`,
          help: 'leave its style out of encoding, and it is read as JSON; or describe it with a schema of texts and numbers',
          location: at,
        }))
      }),
    ),
}

function unreadableMembers(content: MediaType, schemas: ApiModel['schemas']): [name: string, why: string][] {
  if (content.encoding === undefined) return []
  return (formMembers(content, schemas)?.members ?? []).flatMap(([name, { parameter }]): [string, string][] => {
    const why = parameter && whyUnreadable(parameter, schemas)
    return why === undefined ? [] : [[name, why]]
  })
}
