import { join } from 'node:path'
import { bundleProgram } from '#bundle'

/* `npm run build` makes each program named one file, such as dist/controller.mjs, that runs without node_modules. */

const root = join(import.meta.dirname, '..')

for (const program of process.argv.slice(2)) {
  await bundleProgram(join(root, program, 'src/main.ts'), join(root, 'dist', `${program}.mjs`))
  console.log(`dist/${program}.mjs is built: node dist/${program}.mjs --help`)
}
