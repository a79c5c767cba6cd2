import { SchemaCompiler } from '../../emit/validators/compile.js'
import { defaultOf } from '../../emit/validators/parameter-schema.js'
import { methodName } from '../../model/methods.js'
import type { Rule } from '../rules.js'

/** A default that does not fit its own schema is none: handlers would be given what their types exclude. */
export const defaultUnfit: Rule = {
  code: 'default-unfit',
  severity: 'warning',
  find: model => {
    const compiler = new SchemaCompiler(model)
    return model.operations.flatMap(({ method, path, parameters }) =>
      parameters.flatMap(({ in: place, name, required, schema, location }) => {
        const value = required ? undefined : defaultOf(schema, model.schemas)
        if (value === undefined || compiler.fits(schema, value)) return []
        return {
          message: `${methodName(method)} ${path}: the default of the ${place} parameter ${JSON.stringify(name)} does not fit its schema, and is left out`,
          help: `write a default that its schema allows: ${JSON.stringify(value)} is none`,
          location,
        }
      }),
    )
  },
}
