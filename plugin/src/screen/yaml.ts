import { stringify } from 'yaml'

/** An object as YAML, without a line feed at its end; long lines stay long. */
export function printYaml(object: unknown): string {
  return stringify(object, { lineWidth: 0 }).trimEnd()
}
