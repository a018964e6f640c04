import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { makeOutline } from './src/makeoutline.ts'
import { loadConfig } from './src/oclif.ts'
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
  commands: 'commands.ts',
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
    banner: { js: banner },
    logLevel: 'warning',
  })
  for (const name of executables) chmodSync(join(directory, `${name}.mjs`), 0o755)
  await writeManifest(directory)
}

// With these, commands, flags and help are known without loading one of the commands.
async function writeManifest(directory: string): Promise<void> {
  const config = await loadConfig(join(directory, 'main.mjs'))
  const [plugin] = config.getPluginsList() as readonly { readonly manifest?: object }[]
  writeFileSync(join(directory, 'oclif.manifest.json'), JSON.stringify(plugin?.manifest))
  writeFileSync(join(directory, OUTLINE_FILE), JSON.stringify(await makeOutline(join(directory, 'main.mjs'))))
}

if (import.meta.main) {
  const directory = join(here, '../dist/plugin')
  await buildPlugin(directory)
  console.log('dist/plugin is built: dist/plugin/kubectl-bindy.mjs --help')
}
