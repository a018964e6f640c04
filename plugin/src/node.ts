import * as modules from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where this user's caches of the plugin are; undefined for one without a home, such as a container's nameless user. */
export function cacheDirectory(): string | undefined {
  try {
    return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kubectl-bindy')
  } catch {
    return undefined
  }
}

/**
 * Whether this Node can run the plugin; it is made to keep what it compiles then. It runs on whatever Node there is, so
 * that it may use nothing that is new.
 */
export function prepareNode(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 22 || (major === 22 && minor < 19)) return false
  const caches = cacheDirectory()
  if (caches) modules.enableCompileCache?.(join(caches, 'compiled'))
  return true
}
