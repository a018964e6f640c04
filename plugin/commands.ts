import { join } from 'node:path'
import { unused } from '#bundle'

/*
 * Two libraries load more than a command needs: oclif the search for commands in folders and the layout of help, undici an
 * HTTP client of its own. Loading is most of what a short command does, so that here they are bundled without.
 */

// What commands are made of. Their help is laid out when the plugin is built, out of the whole of oclif.
const commandsOnly = `
  module.exports = {
    Command: require('@oclif/core/command').Command,
    Args: require('@oclif/core/args'),
    Flags: require('@oclif/core/flags'),
  }`

// undici itself is left for those who reach their cluster through a proxy, made up as by its own index.js.
const dispatchers = `
  module.exports = {
    Agent: require('${join(import.meta.dirname, 'src/httpagent.ts')}').HttpAgent,
    get ProxyAgent() {
      const Dispatcher = require('./lib/dispatcher/dispatcher')
      Object.assign(Dispatcher.prototype, require('./lib/api'))
      return require('./lib/dispatcher/proxy-agent')
    },
  }`

// How oclif prints what goes wrong: failures are printed by the plugin itself.
const plain = 'module.exports = text => text'
const uncoloured = 'module.exports = { colorize: (_colour, text) => text, parseTheme: () => ({}) }'
const silent = 'module.exports = () => () => {}'

const neverUsed = [
  'node:readline',
  'ejs',
  'minimatch',
  'tinyglobby',
  '@oclif/core/lib/config',
  '@oclif/core/lib/errors/handle',
  '@oclif/core/lib/help',
  '@oclif/core/lib/help/index',
  '@oclif/core/lib/util/fs',
  '@oclif/core/lib/ux/action/simple',
  '@oclif/core/lib/ux/action/spinner',
  '@oclif/core/lib/ux/colorize-json',
]

/** What is bundled in place of modules, so that a command starts soon. */
export const forCommands: Readonly<Record<string, string>> = {
  '@oclif/core': commandsOnly,
  undici: dispatchers,
  './makeoutline.ts': 'export {}',
  // It asks at once for the home of the user, who may have none.
  'clean-stack': plain,
  'indent-string': plain,
  'wrap-ansi': plain,
  debug: silent,
  '@oclif/core/lib/ux/theme': uncoloured,
  ...Object.fromEntries(neverUsed.map(name => [name, unused(name)])),
}
