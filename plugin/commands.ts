import type { Plugin } from 'esbuild'

/*
 * oclif loads more than a command needs: the search for commands in folders, and the layout of help. Loading is most of
 * what a short command does, so that here it is bundled without.
 */

// What commands are made of. Their help is laid out when the plugin is built, out of the whole of oclif.
const commandsOnly = `
  module.exports = {
    Command: require('@oclif/core/command').Command,
    Config: require('@oclif/core/config').Config,
    Args: require('@oclif/core/args'),
    Flags: require('@oclif/core/flags'),
  }`

const unused = (name: string) => `module.exports = new Proxy({}, { get(_, key) {
  if (key === '__esModule' || key === 'default') return undefined
  throw new Error('${name} is not bundled')
} })`

const resolveDir = import.meta.dirname

/** What is bundled in place of a module. */
const replaced: Readonly<Record<string, { readonly contents: string; readonly resolveDir: string }>> = {
  '@oclif/core': { contents: commandsOnly, resolveDir },
  './makeoutline.ts': { contents: 'export {}', resolveDir },
  ...Object.fromEntries(['tinyglobby', 'minimatch', 'ejs'].map(name => [name, { contents: unused(name), resolveDir }])),
}

/** Bundles of oclif what runs a command. */
export const commands: Plugin = {
  name: 'commands',
  setup(build) {
    const names = /^(@oclif\/core|tinyglobby|minimatch|ejs|\.\/makeoutline\.ts)$/
    build.onResolve({ filter: names }, ({ path }) => ({ path, namespace: 'commands' }))
    build.onLoad({ filter: /.*/, namespace: 'commands' }, ({ path }) => replaced[path])
  },
}
