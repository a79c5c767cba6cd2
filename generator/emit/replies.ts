import type { ApiModel, Response } from '../model/api-model.js'
import { emitAt } from './failure.js'
import { header } from './header.js'
import { literal, propertyName } from './literal.js'
import { ShapeCompiler } from './replies/shapes.js'
import { objectText } from './validators/json-literal.js'

/** `replies.ts`: a line per operation, and below it what the schemas that replies reach name of members. */
export function emitReplies(model: ApiModel): string {
  const shapes = new ShapeCompiler(model)
  const lines = model.operations.map(({ id, responses }) => {
    const statuses = responses.map(
      one => `${literal(one.status)}: ${emitAt(one.location, () => responseText(one, shapes))}`,
    )
    return `  ${propertyName(id)}: ${statuses.length === 0 ? '{}' : `{ ${statuses.join(', ')} }`},\n`
  })
  const code = shapes.code()
  return `${header(model.document)}// @ts-nocheck: nothing below was written by hand, and there may be much of it.
import { type Replies, replyShapes, ${code.includes('schemaFunctions.') ? 'schemaFunctions, ' : ''}type Shape } from 'gatewright/runtime'

const { any, hidden, none, shape } = replyShapes
${code}
/** Operation → status → media type → the members that the document names. */
export const replies: Replies = {
${lines.join('')}}
`
}

function responseText({ content }: Response, shapes: ShapeCompiler): string {
  if (content === undefined) return "'unknown'"
  return objectText(content.map(({ mediaType, schema = true }) => [mediaType, shapes.use(schema)]))
}
