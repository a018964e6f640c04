import { createRequire, isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import type { Plugin } from 'esbuild'

/*
 * Three libraries load far more than a command needs: undici all of fetch, the Kubernetes client a model of every
 * built-in kind, oclif the search for commands in folders. Loading is most of what a short command does, so that here
 * they are bundled without.
 */

const undici = dirname(createRequire(import.meta.url).resolve('undici/package.json'))

// What undici's own index.js does for the two dispatchers that #kube uses.
const dispatchers = `
  const Dispatcher = require('./lib/dispatcher/dispatcher')
  Object.assign(Dispatcher.prototype, require('./lib/api'))
  module.exports = { Agent: require('./lib/dispatcher/agent'), ProxyAgent: require('./lib/dispatcher/proxy-agent') }`

// A kubeconfig is read without them; they are for makeApiClient(), which #kube never calls.
const noModels = `
  export const createConfiguration = () => { throw new Error('The models of the client are not bundled') }
  export class ServerConfiguration {}`

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

/** What is bundled in place of a module. */
const replaced: Readonly<Record<string, { readonly contents: string; readonly resolveDir: string }>> = {
  undici: { contents: dispatchers, resolveDir: undici },
  '@oclif/core': { contents: commandsOnly, resolveDir: import.meta.dirname },
  models: { contents: noModels, resolveDir: import.meta.dirname },
  './makeoutline.ts': { contents: 'export {}', resolveDir: import.meta.dirname },
  ...Object.fromEntries(
    ['tinyglobby', 'minimatch', 'ejs'].map(name => [name, { contents: unused(name), resolveDir: import.meta.dirname }]),
  ),
}

/** Bundles of these libraries what a command needs. */
export const lean: Plugin = {
  name: 'lean',
  setup(build) {
    const names = /^(undici|@oclif\/core|tinyglobby|minimatch|ejs|\.\/makeoutline\.ts)$/
    build.onResolve({ filter: names }, ({ path }) => ({ path, namespace: 'lean' }))
    // An `import` of a builtin has Node read all it holds once, which loads WebSocket with http and opens standard input
    // with process: 60 ms. What asks for `require` comes from node:module, so that this one stays.
    build.onResolve({ filter: /^[a-z]/ }, ({ path, kind }) =>
      kind === 'import-statement' && isBuiltin(path) && path !== 'node:module'
        ? { path, namespace: 'builtin' }
        : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require('${path}')`,
    }))
    build.onResolve({ filter: /^\.\/gen\/index\.js$/ }, ({ importer }) =>
      importer.endsWith(join('client-node', 'dist', 'config.js')) ? { path: 'models', namespace: 'lean' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'lean' }, ({ path }) => replaced[path])
  },
}
