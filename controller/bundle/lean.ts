import { createRequire, isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import type { Plugin } from 'esbuild'

/*
 * Libraries below #kube load far more than it uses: undici all of fetch and HTTP/2, the Kubernetes client a model of every
 * built-in kind. A program is bundled without: it starts sooner, and in less memory.
 */

const require = createRequire(import.meta.url)
const undici = dirname(require.resolve('undici/package.json'))

// What undici's own index.js does for the two dispatchers that #kube uses.
const dispatchers = `
  const Dispatcher = require('./lib/dispatcher/dispatcher')
  Object.assign(Dispatcher.prototype, require('./lib/api'))
  module.exports = { Agent: require('./lib/dispatcher/agent'), ProxyAgent: require('./lib/dispatcher/proxy-agent') }`

// A kubeconfig is read without them; they are for makeApiClient(), which #kube never calls.
const noModels = `
  export const createConfiguration = () => { throw new Error('The models of the client are not bundled') }
  export class ServerConfiguration {}`

// For those who sign in by OpenID Connect, or by the old helpers of two clouds: loaded when one of them does.
const late = (name: string, ...keys: string[]) =>
  `module.exports = { ${keys.map(key => `get ${key}() { return require('${name}').${key} }`).join(', ')} }`

// Made for the proxy of a kubeconfig and left alone by #kube, which goes there with undici's.
const idleAgents = `
  export class HttpProxyAgent {}
  export class HttpsProxyAgent {}
  export class SocksProxyAgent {}
  export class SocksClient {}`

/** A module that may be constructed, and not used. */
export const unused = (name: string): string => `module.exports = new Proxy(class {}, { get(target, key) {
  if (['__esModule', 'default', 'prototype'].includes(key)) return target[key]
  throw new Error('${name} is not bundled')
} })`

const below = {
  undici: dispatchers,
  'undici/lib/dispatcher/client-h2.js': unused('undici/lib/dispatcher/client-h2.js'),
  '@kubernetes/client-node/dist/gen/index.js': noModels,
  'openid-client': late('openid-client', 'customFetch', 'discovery', 'refreshTokenGrant'),
  'jsonpath-plus': late('jsonpath-plus', 'JSONPath'),
  hpagent: idleAgents,
  socks: idleAgents,
  'socks-proxy-agent': idleAgents,
}

/** A builtin of which nothing is read but what is imported. */
const builtin = (name: string): string => `const builtin = require('${name}')
  export default builtin
  ${Object.keys(require(name))
    .filter(key => key !== 'default')
    .map(key => `export const ${key} = /* @__PURE__ */ (() => builtin.${key})()`)
    .join('\n')}`

/**
 * Bundles of the libraries below #kube what it uses, and what a program gives in place of more modules: of a package, or of
 * a file of one, by its path in node_modules.
 */
export function lean(more: Readonly<Record<string, string>> = {}): Plugin {
  const replaced = new Map(Object.entries({ ...below, ...more }))
  return {
    name: 'lean',
    setup(build) {
      build.onResolve({ filter: /^[@a-z.]/ }, ({ path, importer, namespace }) => {
        if (namespace === 'lean' && path === importer) return undefined
        const file = join(dirname(importer), path).split('node_modules/').at(-1) ?? ''
        const name = [path, file].find(one => replaced.has(one))
        return name === undefined ? undefined : { path: name, namespace: 'lean' }
      })
      build.onLoad({ filter: /.*/, namespace: 'lean' }, ({ path }) => ({
        contents: replaced.get(path) ?? '',
        resolveDir: path === 'undici' ? undici : import.meta.dirname,
      }))
      // An `import` of a builtin has Node read all it holds once, which loads WebSocket with http and opens standard input
      // with process: 60 ms. Here only what is imported is read. Each importer has a module of its own, which is no chunk
      // to load then. What asks for `require` comes from node:module, so that this one stays.
      build.onResolve({ filter: /^[a-z]/ }, ({ path, kind, importer }) =>
        kind === 'import-statement' && isBuiltin(path) && path !== 'node:module'
          ? { path: `${path} of ${importer}`, namespace: 'builtin', pluginData: path }
          : undefined,
      )
      build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ pluginData: path }) => ({ contents: builtin(path) }))
    },
  }
}
