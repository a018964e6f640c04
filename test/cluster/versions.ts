import { bind9Versions } from './bind9.ts'

/* node test/cluster/run.mjs test/cluster/versions.ts: the versions of BIND that can be had here, a line each. */

process.stdout.write(`${(await bind9Versions()).join('\n')}\n`)
