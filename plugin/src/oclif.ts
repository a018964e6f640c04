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
      commands: { strategy: 'explicit', target: `./allcommands${extname(file)}`, identifier: 'commands' },
      topics: {
        record: { description: 'Add, set, delete and list DNS records' },
        zone: { description: 'Create, list and delete zones, and see to them on their servers' },
      },
    },
  }
}

/** The plugin with all its commands as oclif knows it, for their help; `entry` is the file that runs, beside theirs. */
export function loadConfig(entry: string): Promise<Config> {
  const options = { root: join(entry, '..'), pjson: pjsonOf(entry), userPlugins: false, devPlugins: false }
  return Config.load(options as Parameters<typeof Config.load>[0])
}

/** What a command needs of it to run, which is little: to load the rest takes longer than most commands do. */
export function bareConfig(entry: string): Config {
  const config = new Config({ root: join(entry, '..') })
  const runHook = async () => ({ successes: [], failures: [] })
  return Object.assign(config, {
    name: 'kubectl-bindy',
    bin: BIN,
    version,
    userAgent: `kubectl-bindy/${version}`,
    runHook,
  })
}
