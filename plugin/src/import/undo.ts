import { isDeepStrictEqual } from 'node:util'
import { type DNSZone, type Kind, type ObjectMeta, zoneKind } from '#crds'
import { isConflict, isNotFound, resourcePath } from '#kube'
import { type Change, isAsMade, isMadeBy, type Stored, type Written, writesSince } from '../change.ts'
import { type Cluster, resourceOf } from '../cluster.ts'
import { EXIT, Failure } from '../failure.ts'

/** An object that is not to be touched: it is no longer as this run left it. */
export class ChangedSince extends Failure {
  constructor() {
    super('somebody has changed it since', { exit: EXIT.unknown })
  }
}

/** What stands after a change whose answer was lost; undefined where it was not made. */
export async function findMade(cluster: Cluster, change: Change, fieldManager: string): Promise<Written | undefined> {
  const { kind, object } = change
  const now = await cluster.find<Stored>(kind, object.metadata)
  if (change.verb === 'deleted') return now?.metadata.uid === change.read.uid ? undefined : object
  if (!now) return undefined
  // Where others wrote too, nobody can say.
  const isPerhaps = change.before !== undefined && writesSince(change.before, now) > 1
  return isPerhaps || isAsMade(change, now, fieldManager) ? now : undefined
}

/** Takes a change back. @throws ChangedSince where it is somebody else's by now, KubeApiError */
export async function undo(cluster: Cluster, change: Change, after: Written, fieldManager: string): Promise<void> {
  const { kind } = change
  if (change.verb === 'deleted') return remake(cluster, change, fieldManager)
  const now = after as Stored
  if (change.before) return putBack(cluster, kind, { before: change.before, after: now }, fieldManager)
  if (!isMadeBy(fieldManager, now)) throw new ChangedSince()
  await cluster.delete(kind, now.metadata).catch(error => {
    if (isConflict(error)) throw new ChangedSince()
    if (!isNotFound(error)) throw error
  })
}

async function putBack(
  cluster: Cluster,
  kind: Kind,
  { before, after }: { readonly before: Stored; readonly after: Stored },
  fieldManager: string,
): Promise<void> {
  const { uid, generation, managedFields } = metadataOf(before)
  const spec = specBefore(before, after)
  const isOurs = after.metadata.uid === uid && after.metadata.generation <= generation + 1
  if (!isOurs) throw new ChangedSince()
  const back = await rewrite(cluster, kind, after.metadata, fieldManager, now => ({ ...now, spec }))
  await giveBack(cluster, kind, { object: back, managedFields }, fieldManager)
}

// A serial never moves backwards, since servers have it perhaps.
function specBefore(before: Stored, after: Stored): object {
  const { serial } = (after as DNSZone).spec.soaRecord ?? {}
  if (before.kind !== zoneKind.kind || serial === undefined) return before.spec
  const { spec } = before as DNSZone
  return { ...spec, soaRecord: { ...spec.soaRecord, serial } }
}

async function remake(
  cluster: Cluster,
  { kind, object, read }: Extract<Change, { verb: 'deleted' }>,
  fieldManager: string,
): Promise<void> {
  const now = await cluster.find<Stored>(kind, read)
  if (now?.metadata.uid === read.uid)
    throw new Failure('its deletion waits for a finalizer, and cannot be stopped', { exit: EXIT.unknown })
  if (now && !(isMadeBy(fieldManager, now) && isDeepStrictEqual(now.spec, object.spec))) throw new ChangedSince()
  const path = resourcePath(resourceOf(kind), { namespace: read.namespace })
  const options = { query: { fieldManager }, signal: cluster.signal }
  const before = manifest({ ...object, metadata: read })
  const made = now ?? (await cluster.client.create<Stored>(path, before, options))
  const { managedFields } = metadataOf({ metadata: read })
  await giveBack(cluster, kind, { object: made, managedFields }, fieldManager)
}

/** Gives fields back to those who had written them: an update by itself takes them over. */
async function giveBack(
  cluster: Cluster,
  kind: Kind,
  { object, managedFields: before }: { readonly object: Stored; readonly managedFields: Metadata['managedFields'] },
  fieldManager: string,
): Promise<void> {
  if (!before) return
  const managersBeside = (now: Stored) => [
    ...before.filter(({ subresource }) => !subresource),
    ...(metadataOf(now).managedFields ?? []).filter(({ subresource }) => subresource),
  ]
  await rewrite(cluster, kind, object.metadata, fieldManager, now => ({
    ...now,
    metadata: { ...now.metadata, managedFields: managersBeside(now) },
  }))
}

/** Writes an object anew from what stands there, as long as its spec is the one that was read. */
async function rewrite(
  cluster: Cluster,
  kind: Kind,
  read: ObjectMeta,
  fieldManager: string,
  change: (now: Stored) => object,
): Promise<Stored> {
  const path = resourcePath(resourceOf(kind), read)
  for (;;) {
    const now = await cluster.find<Stored>(kind, read)
    const wanted = now && change(now)
    if (now?.metadata.uid !== read.uid || !wanted) throw new ChangedSince()
    if (isDeepStrictEqual(now, wanted)) return now
    if (now.metadata.generation !== read.generation) throw new ChangedSince()
    try {
      return await cluster.client.update<Stored>(path, wanted, { query: { fieldManager }, signal: cluster.signal })
    } catch (error) {
      // Its status was written in between, which is no change of it.
      if (!isConflict(error)) throw error
    }
  }
}

/** What stood before a change, as one would write it; undefined where nothing did. */
export function manifestBefore(change: Change, after: Written | undefined): object | undefined {
  if (change.verb === 'deleted') return manifest({ ...change.object, metadata: change.read })
  const { before } = change
  return before && manifest({ ...before, spec: after ? specBefore(before, after as Stored) : before.spec })
}

function manifest(
  object: Pick<Stored, 'metadata'> & { readonly apiVersion: string; readonly kind: string; readonly spec: object },
): object {
  const { apiVersion, kind, spec } = object
  const { name, namespace, labels, annotations, ownerReferences, finalizers } = metadataOf(object)
  return { apiVersion, kind, metadata: { name, namespace, labels, annotations, ownerReferences, finalizers }, spec }
}

interface Managed {
  readonly manager?: string
  readonly subresource?: string
  readonly fieldsV1?: object
}

interface Metadata extends ObjectMeta {
  readonly managedFields?: readonly Managed[]
  readonly ownerReferences?: readonly object[]
}

function metadataOf({ metadata }: { readonly metadata: ObjectMeta }): Metadata {
  return metadata
}
