import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Kills every process that comes from this one, until none is left. Those in sessions of their own may go on: they are
 * the shells that remove our directories when we are gone.
 */
export async function killDescendants(): Promise<void> {
  for (;;) {
    const pids = descendants()
    if (pids.length === 0) return
    for (const pid of pids) kill(pid)
    await sleep(20)
  }
}

interface Process {
  readonly pid: number
  readonly parent: number
  readonly session: number
}

// Parents stand before their children, so that none is left to start another.
function descendants(): number[] {
  const all = readdirSync('/proc')
    .filter(entry => /^\d+$/.test(entry))
    .flatMap(readProcess)
  const session = all.find(({ pid }) => pid === process.pid)?.session
  const family = [process.pid]
  for (const member of family)
    family.push(...all.filter(one => one.parent === member && one.session === session).map(({ pid }) => pid))
  return family.slice(1)
}

/** proc_pid_stat(5): pid, program's name in brackets, state, parent, process group, session. */
function readProcess(pid: string): Process[] {
  const stat = statOf(pid)
  const [state, parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === undefined || state === 'Z'
    ? []
    : [{ pid: Number(pid), parent: Number(parent), session: Number(session) }]
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return '' // it has ended meanwhile
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended meanwhile
  }
}
