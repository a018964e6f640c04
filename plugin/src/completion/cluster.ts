import {
  type Bind9Cluster,
  type Bind9Instance,
  clusterKind,
  type DNSZone,
  instanceKind,
  recordTypeOfKind,
  recordTypes,
  zoneKind,
} from '#crds'
import { type ApiObject, KubeClient, loadConnection, resourcePath } from '#kube'
import { Cluster, type Scope } from '../cluster.ts'
import { readable } from '../readable.ts'
import { readableRecords } from '../record/find.ts'
import { ownerOf } from '../record/owner.ts'
import { apexOf, shownName, typedName } from '../zone/find.ts'
import type { Candidate, Dynamic, Where } from './words.ts'

/** Asks the cluster for names; undefined where it does not answer. */
export async function askCluster(
  dynamic: Dynamic,
  where: Where,
  signal: AbortSignal,
): Promise<Candidate[] | undefined> {
  if (dynamic === 'type') return recordTypes.map(({ type, says }) => ({ word: type, about: says }))
  const connection = await loadConnection(where).catch(() => undefined)
  if (!connection) return undefined
  const client = new KubeClient(connection, { retries: 0, timeoutMs: 1000 })
  const cluster = new Cluster(client, { namespace: where.namespace ?? connection.namespace, signal })
  try {
    return await namesOf(dynamic, cluster, cluster.scope(where.all))
  } catch {
    return undefined
  } finally {
    await connection.close()
  }
}

async function namesOf(dynamic: Exclude<Dynamic, 'type'>, cluster: Cluster, scope: Scope): Promise<Candidate[]> {
  switch (dynamic) {
    case 'zone':
      return zoneNames(cluster, scope)
    case 'name':
      return recordNames(cluster, scope)
    case 'instance': {
      const { items } = await readable<Bind9Instance>(cluster, instanceKind, scope)
      return items.map(({ metadata, spec }) => ({ word: metadata.name, about: spec.role }))
    }
    case 'cluster':
      return clusterNames(cluster, scope)
    case 'cluster|zone':
      return (await Promise.all([clusterNames(cluster, scope), zoneNames(cluster, scope)])).flat()
    case 'namespace': {
      const path = resourcePath({ group: '', version: 'v1', plural: 'namespaces' })
      return (await cluster.client.list<ApiObject>(path, { signal: cluster.signal })).items.map(({ metadata }) => ({
        word: metadata.name,
      }))
    }
    case 'context':
      return cluster.client.connection.contexts.map(word => ({ word }))
  }
}

async function zoneNames(cluster: Cluster, scope: Scope): Promise<Candidate[]> {
  const { items } = await readable<DNSZone>(cluster, zoneKind, scope)
  return items.map(({ metadata, spec }) => ({ word: shownName(spec.zoneName), about: metadata.name }))
}

async function clusterNames(cluster: Cluster, scope: Scope): Promise<Candidate[]> {
  const { items } = await readable<Bind9Cluster>(cluster, clusterKind, scope)
  return items.map(({ metadata }) => ({ word: metadata.name }))
}

async function recordNames(cluster: Cluster, scope: Scope): Promise<Candidate[]> {
  const [zones, { records }] = await Promise.all([
    readable<DNSZone>(cluster, zoneKind, scope),
    readableRecords(cluster, scope),
  ])
  const names = new Map(zones.items.map(zone => [shownName(apexOf(zone) ?? ''), new Set(['the zone itself'])]))
  for (const record of records) {
    const owner = ownerOf(record, typedName(record.spec.zone))
    if (owner === undefined) continue
    const name = shownName(owner)
    names.set(name, (names.get(name) ?? new Set()).add(recordTypeOfKind(record.kind).type))
  }
  return [...names].map(([word, about]) => ({ word, about: [...about].join(', ') }))
}
