import { dirname } from 'node:path'
import { provideBind9 } from './bind9.ts'
import { provideKubernetes } from './kubernetes.ts'

// Gets the parts that are asked for (`named`, `cluster`; both when none is) and prints a line to eval in a shell.
const wanted = process.argv.slice(2)
const want = (part: string) => wanted.length === 0 || wanted.includes(part)
try {
  const programs = [
    ...(want('named') ? Object.values(await provideBind9()) : []),
    ...(want('cluster') ? Object.values(await provideKubernetes()) : []),
  ]
  console.log(`export PATH="${[...new Set(programs.map(path => dirname(path)))].join(':')}:$PATH"`)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
