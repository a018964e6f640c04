import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDirectory } from '../node.ts'
import type { Candidate, Dynamic, Where } from './words.ts'

const MAX_AGE_MS = 10_000
const TIMEOUT_MS = 1000

/** Names of the cluster: those of ten seconds ago where they are at hand, else asked for, for a second at most. */
export async function lookUp(dynamic: Dynamic, where: Where): Promise<Candidate[]> {
  const file = cacheFile(dynamic, where)
  const known = file && readFresh(file)
  if (known) return known
  const { askCluster } = await import('./cluster.ts')
  const found = await askCluster(dynamic, where, AbortSignal.timeout(TIMEOUT_MS))
  if (file && found) keep(file, found)
  return found ?? []
}

function cacheFile(dynamic: Dynamic, where: Where): string | undefined {
  const directory = cacheDirectory()
  if (!directory) return undefined
  const { KUBECONFIG = '' } = process.env
  const key = createHash('sha256')
    .update(JSON.stringify([dynamic, where, KUBECONFIG]))
    .digest('hex')
    .slice(0, 16)
  return join(directory, `words-${key}.json`)
}

function readFresh(file: string): Candidate[] | undefined {
  try {
    if (Date.now() - statSync(file).mtimeMs > MAX_AGE_MS) return undefined
    return JSON.parse(readFileSync(file, 'utf8')) as Candidate[]
  } catch {
    return undefined
  }
}

// Without a place to keep them they are asked for again.
function keep(file: string, found: readonly Candidate[]): void {
  try {
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 })
    writeFileSync(file, JSON.stringify(found), { mode: 0o600 })
  } catch {}
}
