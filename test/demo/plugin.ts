import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { buildPlugin, executables } from '../../plugin/build.ts'
import { provideKubernetes, type RunningApiServer, run } from '../cluster/index.ts'

/** Builds the plugin below a directory; answers with the folder that is to be on PATH for kubectl to find it. */
export async function providePlugin(directory: string): Promise<string> {
  const built = join(directory, 'plugin')
  const bin = join(directory, 'bin')
  await buildPlugin(built)
  mkdirSync(bin)
  for (const name of executables) {
    // The Node on PATH may be an older one, and what is compiled is to go with the directory.
    const script = `#!/bin/sh\nXDG_CACHE_HOME='${join(directory, 'cache')}' exec '${process.execPath}' '${built}/${name}.mjs' "$@"\n`
    writeFileSync(join(bin, name), script, { mode: 0o755 })
  }
  return bin
}

/** What `kubectl bindy status` shows, which must be that all is well. */
export async function statusBy(bin: string, { kubeconfig }: RunningApiServer): Promise<string> {
  const { kubectl } = await provideKubernetes()
  const PATH = [bin, dirname(kubectl), process.env.PATH].join(delimiter)
  const { columns } = process.stdout
  const env = { KUBECONFIG: kubeconfig, PATH, ...(columns && { COLUMNS: `${columns}` }) }
  const { code, stdout, stderr } = await run(kubectl, ['bindy', 'status'], { env })
  if (code !== 0) throw new Error(`Not all is well, as kubectl bindy status says\n\n${stderr || stdout}`)
  return stdout
}
