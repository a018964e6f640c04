import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory that disappears with `remove()`, and also when this process ends in any other way, kill -9 too. */
export interface Directory {
  readonly path: string
  remove(): Promise<void>
}

/** Makes a directory of its own under the system's temporary directory. */
export const temporaryDirectory = (): Directory => disappearing(mkdtempSync(join(tmpdir(), 'bindy-')))

/** Makes `path` (which must not hold anything of worth) a directory that disappears. */
export function disappearing(path: string): Directory {
  mkdirSync(path, { recursive: true })
  // A shell in a session of its own, where no Ctrl-C reaches it, waits for the end of its input: that comes with our
  // end(), or with our end. The files of a process that is just dying may still appear, hence the second look.
  const script = 'trap "" INT TERM HUP; cat; for i in 1 2 3 4 5 6; do rm -rf -- "$0" && break; sleep 0.5; done'
  const shell = spawn('sh', ['-c', script, path], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' })
  const exit = once(shell, 'exit')
  shell.unref()
  return {
    path,
    async remove() {
      shell.ref()
      shell.stdin.end()
      await exit
    },
  }
}
