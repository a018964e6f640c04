import type { Config } from '@oclif/core'
import { BIN, version } from './name.ts'

/**
 * What a command asks of its configuration when it runs. It is none of oclif's own, which takes longer to load than most
 * commands to run.
 */
export const bareConfig = {
  bin: BIN,
  version,
  scopedEnvVarKeys: () => [],
  runHook: async () => ({ successes: [], failures: [] }),
} as unknown as Config
