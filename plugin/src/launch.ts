#!/usr/bin/env node
import { prepareNode } from './node.ts'

// What runs as `kubectl bindy`.
if (prepareNode()) await import('./main.ts')
else {
  console.error(`error: kubectl bindy cannot run on Node ${process.versions.node}: 22.19 or newer is needed`)
  process.exitCode = 3
}
