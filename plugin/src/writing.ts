import type { Kind } from '#crds'
import { isConflict, isNotFound, mayBeDone } from '#kube'
import { type Change, isAsMade, type Stored, type Written } from './change.ts'
import { type Cluster, type NewObject, printedName, type WriteOptions } from './cluster.ts'
import { EXIT, Failure } from './failure.ts'
import { BIN } from './name.ts'
import { printData } from './screen/data.ts'
import { harmless } from './screen/harmless.ts'

export type { Change, Written } from './change.ts'

/** The flags of a command that writes, as parsed. */
export interface WriteChoice {
  readonly 'dry-run': 'none' | 'client' | 'server'
  readonly output: string
  readonly 'field-manager': string
  readonly 'force-conflicts'?: boolean | undefined
}

/** Makes the changes one after the other, or as much of it as the kind of dry run says. */
export async function write(cluster: Cluster, changes: readonly Change[], choice: WriteChoice): Promise<Written[]> {
  const written: Written[] = []
  for (const change of changes) written.push(await writeOne(cluster, change, choice))
  return written
}

/** What a command says of its changes: as kubectl does, or the objects themselves. */
export async function printWritten(
  changes: readonly Change[],
  written: readonly Written[],
  choice: WriteChoice,
): Promise<string> {
  const { output } = choice
  if (output === 'name') return written.map(printedName).join('\n')
  if (output === 'json' || output === 'yaml') {
    const objects = written.map(withoutManagedFields)
    const [only] = objects
    return printData(objects.length === 1 ? only : { apiVersion: 'v1', kind: 'List', items: objects }, output)
  }
  const dry = { none: '', client: ' (dry run)', server: ' (server dry run)' }[choice['dry-run']]
  return changes.map(({ object, verb }) => harmless(`${printedName(object)} ${verb}${dry}`)).join('\n')
}

async function writeOne(cluster: Cluster, change: Change, choice: WriteChoice): Promise<Written> {
  const dryRun = choice['dry-run']
  if (dryRun === 'client') return change.object
  const force = choice['force-conflicts'] ?? false
  return send(cluster, change, { fieldManager: choice['field-manager'], force, isDryRun: dryRun === 'server' })
}

/** Asks the API server for a change. @throws Failure or KubeApiError where somebody has changed the object, or made one */
export async function send(cluster: Cluster, change: Change, options: WriteOptions): Promise<Written> {
  const { kind, object } = change
  let isUnsure = false
  const onRepeat = (error: unknown) => {
    isUnsure ||= mayBeDone(error)
  }
  try {
    return await ask(cluster, change, { ...options, onRepeat })
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error
    const now = await cluster.find<Stored>(kind, object.metadata)
    // The answer to this very change was lost, and it was sent again.
    if (isUnsure && isAsMade(change, now, options.fieldManager)) return now ?? object
    throw now && change.verb === 'created' ? exists(kind, object) : error
  }
}

async function ask(cluster: Cluster, change: Change, options: WriteOptions): Promise<Written> {
  const { kind, object } = change
  if (change.verb === 'deleted') {
    await cluster.delete(kind, change.read, options)
    return object
  }
  if (change.verb === 'created') return cluster.create(kind, object, options)
  const { drops = [], before } = change
  return drops.length > 0
    ? cluster.replaceFields(kind, object, drops, before.metadata, options)
    : cluster.rewrite(kind, object, before.metadata, options)
}

function exists(kind: Kind, { metadata: { name, namespace } }: NewObject): Failure {
  return new Failure(`Error from server (AlreadyExists): ${kind.plural} "${name}" already exists`, {
    exit: EXIT.rejected,
    isServers: true,
    fix: kind.kind === 'DNSZone' ? `${BIN} status zone ${name} -n ${namespace}` : `${BIN} record list -n ${namespace}`,
  })
}

/** An object without who wrote which of its fields: kubectl does not show it either. */
export function withoutManagedFields(object: { readonly metadata: object }): object {
  const { managedFields: _, ...metadata } = object.metadata as { readonly managedFields?: unknown }
  return { ...object, metadata }
}
