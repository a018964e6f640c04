import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createGenerator } from 'ts-json-schema-generator'
import { BIN, SCHEMA_FILE } from './src/name.ts'

/*
 * The JSON schema of what -o json and -o yaml print, made of the types by which commands print it. `npm run generate`
 * writes it beside this file; with "-" it goes to standard output. A test compares both, and what commands print.
 */

const root = join(import.meta.dirname, '..')

function schemaText(): string {
  const path = join(root, 'plugin/src/envelope.ts')
  const generator = createGenerator({ path, tsconfig: join(root, 'tsconfig.json'), skipTypeCheck: true })
  const { $schema, definitions = {}, ...rest } = generator.createSchema('Envelope')
  const named = Object.entries(definitions).map(([name, definition]) => [plain(name), definition] as const)
  const schema = { $schema, title: `Output of ${BIN}`, ...rest, definitions: Object.fromEntries(named) }
  const text = JSON.stringify(schema, null, 2)
  return `${text.replace(/(?<="#\/definitions\/)[^"]+/g, ref => plain(decodeURIComponent(ref)))}\n`
}

/** A name that programs can take over: "Answered<(number|undefined)>" is AnsweredNumberUndefined. */
function plain(name: string): string {
  return name.replace(/\W*(\w+)\W*/g, (_, word: string) => word.charAt(0).toUpperCase() + word.slice(1))
}

if (process.argv[2] === '-') process.stdout.write(schemaText())
else writeFileSync(join(import.meta.dirname, SCHEMA_FILE), schemaText())
