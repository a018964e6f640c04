#!/usr/bin/env node
import { prepareNode } from './node.ts'

// What kubectl runs to complete the words of `kubectl bindy`; on a Node that is too old there are none.
if (prepareNode()) await (await import('./complete.ts')).printCompletions(process.argv.slice(2))
else console.log(':4')
