import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Plugin } from 'esbuild'

/*
 * Two libraries load far more than a command needs: undici all of fetch, the Kubernetes client a model of every built-in
 * kind. Loading is most of what a short command does, so that here they are bundled without.
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

/** Bundles undici's dispatchers alone, and the Kubernetes client without its models. */
export const lean: Plugin = {
  name: 'lean',
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'lean' }))
    build.onResolve({ filter: /^\.\/gen\/index\.js$/ }, ({ importer }) =>
      importer.endsWith(join('client-node', 'dist', 'config.js')) ? { path: 'models', namespace: 'lean' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'lean' }, ({ path }) =>
      path === 'undici' ? { contents: dispatchers, resolveDir: undici } : { contents: noModels },
    )
  },
}
