import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ErrorObject } from 'ajv'
import { SCHEMA_FILE } from '../../plugin/src/name.ts'

/** The schema as it is published. */
export const schemaText = readFileSync(join(import.meta.dirname, '../../plugin', SCHEMA_FILE), 'utf8')

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true })
ajv.addFormat('date-time', text => !Number.isNaN(Date.parse(text)))
const validate = ajv.compile(JSON.parse(schemaText))

/** What stands against an object by the schema, a line each. */
export function breachesOf(object: unknown): string[] {
  if (validate(object)) return []
  return (validate.errors ?? []).map(printError)
}

function printError({ instancePath, message, params }: ErrorObject): string {
  return `${instancePath} ${message} ${JSON.stringify(params)}`
}
