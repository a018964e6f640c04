import packageJson from '../../package.json' with { type: 'json' }

/** How users call it: kubectl finds the executable `kubectl-bindy`. */
export const BIN = 'kubectl bindy'

export const { version } = packageJson

/** The apiVersion of what commands print as data that is no object of the API server. */
export const DATA_VERSION = 'cli.bindy/v1'

/** The file of its JSON schema. */
export const SCHEMA_FILE = 'cli.bindy-v1.schema.json'

/** Who wrote a field, as the API server remembers it. */
export const FIELD_MANAGER = 'kubectl-bindy'
