import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, stop } from 'esbuild'
import { lean } from '#bundle'
import { forCommands } from './commands.ts'
import { makeOutline } from './src/makeoutline.ts'
import { OUTLINE_FILE } from './src/outline.ts'

/*
 * `npm run build` makes the plugin dist/plugin: two executables and the chunks that they load when they need them. It
 * runs without node_modules.
 */

const here = import.meta.dirname

/** Files without `.mjs` that are run, as users call them. */
export const executables = ['kubectl-bindy', 'kubectl_complete-bindy'] as const

const entries = {
  'kubectl-bindy': 'launch.ts',
  'kubectl_complete-bindy': 'launchcomplete.ts',
  main: 'main.ts',
  complete: 'complete.ts',
  allcommands: 'allcommands.ts',
}

// Bundled CommonJS asks for `require`.
const banner = `import { createRequire as __createRequire } from 'node:module'
const require = __createRequire(import.meta.url)`

/** Builds the plugin into a directory, which is made anew. */
export async function buildPlugin(directory: string): Promise<void> {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  await build({
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, join(here, 'src', file)])),
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunk-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 160,
    plugins: [lean(forCommands)],
    // undici's own name for a build without its second parser.
    define: { esbuildDetection: 'true' },
    banner: { js: banner },
    logLevel: 'warning',
  })
  // Its process would outlive us for a while.
  await stop()
  for (const name of executables) chmodSync(join(directory, `${name}.mjs`), 0o755)
  writeFileSync(join(directory, OUTLINE_FILE), JSON.stringify(await makeOutline(join(directory, 'main.mjs'))))
}

if (import.meta.main) {
  const directory = join(here, '../dist/plugin')
  await buildPlugin(directory)
  console.log('dist/plugin is built: dist/plugin/kubectl-bindy.mjs --help')
}
