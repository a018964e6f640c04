import { unused } from '#bundle'

/*
 * oclif loads more than a command needs: the search for commands in folders, and the layout of help. Loading is most of
 * what a short command does, so that here it is bundled without.
 */

// What commands are made of. Their help is laid out when the plugin is built, out of the whole of oclif.
const commandsOnly = `
  module.exports = {
    Command: require('@oclif/core/command').Command,
    Args: require('@oclif/core/args'),
    Flags: require('@oclif/core/flags'),
  }`

const neverUsed = [
  'ejs',
  'minimatch',
  'tinyglobby',
  '@oclif/core/lib/config',
  '@oclif/core/lib/help',
  '@oclif/core/lib/help/index',
  '@oclif/core/lib/ux/action/simple',
  '@oclif/core/lib/ux/action/spinner',
]

/** What is bundled in place of modules, so that a command starts soon. */
export const forCommands: Readonly<Record<string, string>> = {
  '@oclif/core': commandsOnly,
  './makeoutline.ts': 'export {}',
  ...Object.fromEntries(neverUsed.map(name => [name, unused(name)])),
}
