import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, stop } from 'esbuild'
import { form, lean } from '#bundle'
import { joinChunks, type Together } from './chunks.ts'
import { forCommands } from './commands.ts'
import { makeOutline } from './src/makeoutline.ts'
import { OUTLINE_FILE } from './src/outline.ts'

/*
 * `npm run build` makes the plugin dist/plugin: two executables and the chunks that they load when they need them. It
 * runs without node_modules.
 */

const here = import.meta.dirname
const root = join(here, '..')

/** Files without `.mjs` that are run, as users call them. */
export const executables = ['kubectl-bindy', 'kubectl_complete-bindy'] as const

const entries = {
  'kubectl-bindy': 'launch.ts',
  'kubectl_complete-bindy': 'launchcomplete.ts',
  main: 'main.ts',
  complete: 'complete.ts',
  allcommands: 'allcommands.ts',
}

// What the launchers load before Node keeps what it compiles, what is always loaded, and what asks the API server.
const together: Together = {
  node: ['plugin/src/launch.ts', 'plugin/src/launchcomplete.ts'],
  start: ['plugin/src/main.ts'],
  cluster: ['plugin/src/commands/status.ts', 'controller/src/kube/kubeconfig.ts'],
}

const chunked = { ...form, absWorkingDir: root, outExtension: { '.js': '.mjs' } }

// Bundled CommonJS asks for `require`.
const banner = `import { createRequire as __createRequire } from 'node:module'
const require = __createRequire(import.meta.url)`

/** Builds the plugin into a directory, which is made anew. */
export async function buildPlugin(directory: string): Promise<void> {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  const { metafile } = await build({
    ...chunked,
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(here, 'src', file)])),
    outdir: directory,
    chunkNames: 'chunk-[hash]',
    bundle: true,
    splitting: true,
    metafile: true,
    plugins: [lean(forCommands)],
    // undici's own name for a build without its second parser.
    define: { esbuildDetection: 'true' },
    banner: { js: banner },
  })
  // One letter of a name in the licences that is not ASCII, and V8 keeps the whole file with two octets for each letter.
  await joinChunks(metafile, together, { ...chunked, outdir: directory, legalComments: 'external' })
  // Its process would outlive us for a while.
  await stop()
  for (const name of executables) chmodSync(join(directory, `${name}.mjs`), 0o755)
  writeFileSync(join(directory, OUTLINE_FILE), JSON.stringify(await makeOutline(join(directory, 'main.mjs'))))
}

if (import.meta.main) {
  const directory = join(root, 'dist/plugin')
  await buildPlugin(directory)
  console.log('dist/plugin is built: dist/plugin/kubectl-bindy.mjs --help')
}
