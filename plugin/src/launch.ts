#!/usr/bin/env node
import * as modules from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

// What runs as `kubectl bindy`, on whatever Node there is: it says which one is needed, and lets Node keep what it compiled.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major > 22 || (major === 22 && minor >= 19)) {
  modules.enableCompileCache?.(
    join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kubectl-bindy', 'compiled'),
  )
  await import('./main.ts')
} else {
  console.error(`error: kubectl bindy cannot run on Node ${process.versions.node}: 22.19 or newer is needed`)
  process.exitCode = 3
}
