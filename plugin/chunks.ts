import { rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'

/*
 * esbuild makes a chunk of every set of modules that the same commands share: status would load thirty of them, and to
 * find, read and link one takes a fifth of a millisecond. Those that are loaded together become one file here.
 */

/** Modules by the name of the file that is made of all they import: of chunks, and so not of the modules themselves. */
export type Together = Readonly<Record<string, readonly string[]>>

/** Joins chunks of a build. What two names would have is the first one's. */
export async function joinChunks(
  { outputs }: Metafile,
  together: Together,
  options: BuildOptions & { readonly outdir: string },
): Promise<void> {
  const { outdir } = options
  const joined = new Map<string, string>()
  for (const [name, modules] of Object.entries(together))
    for (const chunk of chunksOf(modules, outputs)) if (!joined.has(chunk)) joined.set(chunk, `${name}.mjs`)
  const kept = Object.keys(outputs)
    .map(output => basename(output))
    .filter(file => !joined.has(file))
  await build({
    ...options,
    entryPoints: [...kept, ...new Set(joined.values())].map(file => ({ in: join(outdir, file), out: nameOf(file) })),
    allowOverwrite: true,
    bundle: true,
    plugins: [joining(joined, outdir)],
  })
  for (const chunk of joined.keys()) rmSync(join(outdir, chunk))
}

/** The chunks that are loaded with modules. */
function chunksOf(modules: readonly string[], outputs: Metafile['outputs']): ReadonlySet<string> {
  const seen = new Set<string>()
  const visit = (output: string) => {
    for (const { path, kind } of outputs[output]?.imports ?? []) {
      const chunk = basename(path)
      if (kind !== 'import-statement' || !(path in outputs) || seen.has(chunk)) continue
      seen.add(chunk)
      visit(path)
    }
  }
  for (const [output, { entryPoint = '' }] of Object.entries(outputs)) if (modules.includes(entryPoint)) visit(output)
  return seen
}

/**
 * Has a chunk imported from the file that it went into, and that file made of its chunks. A name that two of them export
 * would be missing in it, and the build fails on that, since it loads all commands.
 */
function joining(joined: ReadonlyMap<string, string>, directory: string): Plugin {
  const files = new Set(joined.values())
  return {
    name: 'joining',
    setup(build) {
      build.onResolve({ filter: /./ }, ({ path, kind, importer }) => {
        const file = basename(path)
        if (kind === 'entry-point') return files.has(file) ? { path: file, namespace: 'joined' } : undefined
        const home = joined.get(file)
        const isAtHome = home !== undefined && home === (joined.get(basename(importer)) ?? importer)
        return isAtHome ? undefined : { path: home === undefined ? path : `./${home}`, external: true }
      })
      build.onLoad({ filter: /./, namespace: 'joined' }, ({ path }) => ({
        contents: [...joined].map(([chunk, file]) => (file === path ? `export * from './${chunk}'\n` : '')).join(''),
        resolveDir: directory,
      }))
    },
  }
}

function nameOf(file: string): string {
  return basename(file, '.mjs')
}
