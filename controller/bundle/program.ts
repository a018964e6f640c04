import { type BuildOptions, build } from 'esbuild'
import { lean } from './lean.ts'

// Some of the bundled modules are CommonJS and ask for `require`; undici asks for this Node.
const banner = `import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  console.error('Cannot run on Node ' + process.versions.node + ': 22.19 or newer is needed')
  process.exit(1)
}`

/** What all bundles are: small, with names kept as they are, so that a stack trace can be read. */
export const form = {
  platform: 'node',
  format: 'esm',
  target: 'node22',
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 160,
  logLevel: 'warning',
} as const satisfies BuildOptions

/** Makes one file of a program, which runs without node_modules and in less memory. */
export async function bundleProgram(entry: string, outfile: string): Promise<void> {
  await build({
    ...form,
    entryPoints: [entry],
    outfile,
    bundle: true,
    // One letter of a name in them that is not ASCII, and V8 keeps the whole program with two octets for each letter.
    legalComments: 'external',
    plugins: [lean()],
    banner: { js: banner },
  })
}
