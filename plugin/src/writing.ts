import type { DNSZone, Kind, ObjectMeta, RecordObject } from '#crds'
import { type Cluster, type NewObject, printedName, type WriteOptions } from './cluster.ts'
import { EXIT, Failure } from './failure.ts'
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
      readonly verb: 'created' | 'configured'
      /** Fields of the spec that go, whoever wrote them. */
      readonly drops?: readonly string[]
      /** It takes a name that what is deleted before leaves: it cannot be checked while that stands. */
      readonly follows?: boolean
      /** The object as it was read, where there was one. */
      readonly before?: DNSZone | RecordObject
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
  const { kind, object, verb } = change
  const dryRun = choice['dry-run']
  if (dryRun === 'client') return object
  if (verb === 'created' && (await cluster.find(kind, object.metadata))) throw exists(kind, object)
  const force = choice['force-conflicts'] ?? false
  return send(cluster, change, { fieldManager: choice['field-manager'], force, isDryRun: dryRun === 'server' })
}

/** Asks the API server for a change; an object that is created may be there already. */
export async function send(cluster: Cluster, change: Change, options: WriteOptions): Promise<Written> {
  const { kind, object } = change
  if (change.verb === 'deleted') {
    await cluster.delete(kind, change.read, options)
    return object
  }
  const { drops = [] } = change
  return drops.length > 0
    ? cluster.replaceFields<Written>(kind, object, drops, options)
    : cluster.apply<Written>(kind, object, options)
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
