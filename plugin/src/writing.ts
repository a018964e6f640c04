import type { Kind, ObjectMeta } from '#crds'
import { isConflict, mayBeDone } from '#kube'
import { type Cluster, type NewObject, printedName, type WriteOptions } from './cluster.ts'
import { EXIT, Failure } from './failure.ts'
import { isAsMade, type Stored } from './made.ts'
import { BIN } from './name.ts'
import { printData } from './screen/data.ts'
import { harmless } from './screen/harmless.ts'

/** The flags of a command that writes, as parsed. */
export interface WriteChoice {
  readonly 'dry-run': 'none' | 'client' | 'server'
  readonly output: string
  readonly 'field-manager': string
  readonly 'force-conflicts'?: boolean | undefined
}

/** One change of an object, as it is asked for. */
export type Change =
  | {
      readonly kind: Kind
      readonly object: NewObject
      readonly verb: 'created'
      /** It takes a name that what is deleted before leaves: it cannot be checked while that stands. */
      readonly follows?: boolean
      readonly before?: undefined
    }
  | {
      readonly kind: Kind
      readonly object: NewObject
      readonly verb: 'configured'
      /** Fields of the spec that go, whoever wrote them. */
      readonly drops?: readonly string[]
      readonly follows?: boolean
      /** As it was read: what was written into the object since then is not written over. */
      readonly before: Stored
    }
  | {
      readonly kind: Kind
      readonly object: NewObject
      readonly verb: 'deleted'
      /** As it was read: what was written into the object since then is not deleted with it. */
      readonly read: ObjectMeta
    }

/** What stands at the API server after a change; of a dry run what would. */
export interface Written extends NewObject {
  readonly metadata: NewObject['metadata'] & { readonly uid?: string; readonly managedFields?: unknown }
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
  if (change.verb === 'deleted') {
    await cluster.delete(kind, change.read, options)
    return object
  }
  let isUnsure = false
  const onRepeat = (error: unknown) => {
    isUnsure ||= mayBeDone(error)
  }
  try {
    return await put(cluster, change, { ...options, onRepeat })
  } catch (error) {
    const now = isConflict(error) ? await cluster.find<Stored>(kind, object.metadata) : undefined
    // The answer to this very change was lost, and it was sent again.
    if (now && isUnsure && isAsMade(change, now, options.fieldManager)) return now
    throw now && change.verb === 'created' ? exists(kind, object) : error
  }
}

function put(cluster: Cluster, change: Exclude<Change, { verb: 'deleted' }>, options: WriteOptions): Promise<Written> {
  const { kind, object } = change
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
