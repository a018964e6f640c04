import { join } from 'node:path'
import { build } from 'esbuild'
import { lean } from '#bundle'

/*
 * `npm run build` makes each program named one file, such as dist/controller.mjs, that runs without node_modules and in
 * less memory. Names are kept as they are: a stack trace of it can be read.
 */

// Some of the bundled modules are CommonJS and ask for `require`; undici asks for this Node.
const banner = `import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  console.error('Cannot run on Node ' + process.versions.node + ': 22.19 or newer is needed')
  process.exit(1)
}`

for (const program of process.argv.slice(2)) {
  await build({
    entryPoints: [join(import.meta.dirname, '..', program, 'src/main.ts')],
    outfile: join(import.meta.dirname, '../dist', `${program}.mjs`),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 160,
    // One letter of a name in them that is not ASCII, and V8 keeps the whole program with two octets for each letter.
    legalComments: 'external',
    plugins: [lean()],
    banner: { js: banner },
    logLevel: 'warning',
  })
  console.log(`dist/${program}.mjs is built: node dist/${program}.mjs --help`)
}
