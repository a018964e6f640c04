import { Ajv, type Options } from 'ajv'
import { validators } from '#crds'

/** A validator for a schema, which is compiled when it is needed first. */
export const validator = validators({ quick: newAjv({}), thorough: newAjv({ allErrors: true }) })

function newAjv(options: Options): Ajv {
  // Our schemas are checked by the API server and by tests: ajv's own check of them costs 10 ms and 2 MB.
  const ajv = new Ajv({
    strict: true,
    allowUnionTypes: true,
    verbose: true,
    meta: false,
    validateSchema: false,
    ...options,
  })
  for (const name of ['int32', 'int64', 'date-time']) ajv.addFormat(name, true)
  return ajv
}
