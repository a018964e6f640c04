import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newObject } from '../cluster.ts'
import { failureOf } from '../explain.ts'
import { shellWord } from '../kubectl.ts'
import type { Change, Written } from '../writing.ts'
import { ChangedSince, manifestBefore } from './undo.ts'

/** A change that stays, and why. */
export interface Left {
  readonly change: Change
  readonly error: unknown
}

const SHOWN = 10

const verbs = { created: 'created', configured: 'changed', deleted: 'deleted' } as const

/** What is left, or perhaps, of changes that were made; it has a reason in common, or each has its own. */
export interface Leftover {
  readonly left: readonly Left[]
  readonly made: ReadonlyMap<Change, Written>
  readonly lost: unknown
}

/** Each of them in a line, or the first of very many. */
export function printLeft({ left, made, lost }: Leftover): string[] {
  const lines = left.slice(0, SHOWN).map(({ change, error }) => {
    const { kind, metadata } = change.object
    const why = error === lost ? '' : `: ${failureOf(error).message}`
    return `stays: ${kind} ${metadata.name}, ${made.has(change) ? '' : 'perhaps '}${verbs[change.verb]}${why}`
  })
  return left.length > SHOWN ? [...lines, `... and ${left.length - SHOWN} more`] : lines
}

/**
 * Writes what is left into files of their own, and returns the commands that take it back; what somebody has changed since
 * is for them.
 */
export async function commandsFor({ left, made }: Leftover, kubectl: string): Promise<string[]> {
  const ours = left.filter(({ error }) => !(error instanceof ChangedSince)).map(({ change }) => change)
  if (ours.length === 0) return []
  const directory = await mkdtemp(join(tmpdir(), 'kubectl-bindy-'))
  const files = Map.groupBy(ours, change => fileOf(change))
  return Promise.all(
    [...files].map(async ([{ name, command }, changes]) => {
      const path = join(directory, name)
      const items = changes.map(change => manifestBefore(change, made.get(change)) ?? bare(change))
      await writeFile(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }), { mode: 0o600 })
      return `${kubectl} ${command} -f ${shellWord(path)}`
    }),
  )
}

const CREATED = { name: 'created.json', command: 'delete --ignore-not-found' }
const CHANGED = { name: 'changed.json', command: 'replace' }
const DELETED = { name: 'deleted.json', command: 'create' }

function fileOf(change: Change) {
  if (change.verb === 'deleted') return DELETED
  return change.before ? CHANGED : CREATED
}

function bare({ kind, object }: Change): object {
  return newObject(kind, object.metadata, {})
}
