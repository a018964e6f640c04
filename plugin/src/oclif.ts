import { extname, join } from 'node:path'
import { Config } from '@oclif/core'
import { BIN, version } from './name.ts'

/** Read by oclif in place of a package.json of its own. */
function pjsonOf(file: string) {
  return {
    name: 'kubectl-bindy',
    version,
    type: 'module',
    oclif: {
      bin: BIN,
      dirname: 'kubectl-bindy',
      topicSeparator: ' ',
      additionalHelpFlags: ['-h'],
      commands: { strategy: 'explicit', target: `./commands${extname(file)}`, identifier: 'commands' },
      topics: {
        record: { description: 'Add, set, delete and list DNS records' },
        zone: { description: 'Create, list and delete zones, and see to them on their servers' },
      },
    },
  }
}

/** The plugin as oclif knows it; `entry` is the file that runs, beside the one of the commands. */
export function loadConfig(entry: string): Promise<Config> {
  const options = { root: join(entry, '..'), pjson: pjsonOf(entry), userPlugins: false, devPlugins: false }
  return Config.load(options as Parameters<typeof Config.load>[0])
}
