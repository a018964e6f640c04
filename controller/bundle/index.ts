import { createRequire, isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import type { Plugin } from 'esbuild'

/*
 * Two libraries below #kube load far more than it uses: undici all of fetch, the Kubernetes client a model of every
 * built-in kind. A program is bundled without: it starts sooner, and in less memory.
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

/** What is bundled in place of a module. */
const replaced: Readonly<Record<string, { readonly contents: string; readonly resolveDir: string }>> = {
  undici: { contents: dispatchers, resolveDir: undici },
  models: { contents: noModels, resolveDir: import.meta.dirname },
}

/** Bundles of the libraries below #kube what it uses. */
export const lean: Plugin = {
  name: 'lean',
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, ({ path }) => ({ path, namespace: 'lean' }))
    build.onResolve({ filter: /^\.\/gen\/index\.js$/ }, ({ importer }) =>
      importer.endsWith(join('client-node', 'dist', 'config.js')) ? { path: 'models', namespace: 'lean' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'lean' }, ({ path }) => replaced[path])
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
  },
}
