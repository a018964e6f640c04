import { recordTypeOfKind, recordTypes } from '#crds'
import { type ApiObject, KubeClient, loadConnection, resourcePath } from '#kube'
import { Cluster } from '../cluster.ts'
import { ownerOf } from '../record/rrset.ts'
import { apexOf, shownName, typedName } from '../zone/find.ts'
import type { Candidate, Dynamic, Where } from './words.ts'

/** Asks the cluster for names; none where it does not answer. */
export async function askCluster(dynamic: Dynamic, where: Where, signal: AbortSignal): Promise<Candidate[]> {
  if (dynamic === 'type') return recordTypes.map(({ type, says }) => ({ word: type, about: says }))
  const connection = await loadConnection(where).catch(() => undefined)
  if (!connection) return []
  const client = new KubeClient(connection, { retries: 0, timeoutMs: 1000 })
  const cluster = new Cluster(client, { namespace: where.namespace ?? connection.namespace, signal })
  try {
    return await namesOf(dynamic, cluster)
  } catch {
    return []
  } finally {
    await connection.close()
  }
}

async function namesOf(dynamic: Exclude<Dynamic, 'type'>, cluster: Cluster): Promise<Candidate[]> {
  const scope = cluster.scope(false)
  switch (dynamic) {
    case 'zone':
      return (await cluster.zones(scope)).map(zone => ({
        word: shownName(zone.spec.zoneName),
        about: zone.metadata.name,
      }))
    case 'name':
      return recordNames(cluster)
    case 'instance':
      return (await cluster.instances(scope)).map(({ metadata, spec }) => ({ word: metadata.name, about: spec.role }))
    case 'cluster':
      return (await cluster.clusters(scope)).map(({ metadata }) => ({ word: metadata.name }))
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

async function recordNames(cluster: Cluster): Promise<Candidate[]> {
  const scope = cluster.scope(false)
  const [zones, records] = await Promise.all([cluster.zones(scope), cluster.records(scope)])
  const names = new Map<string, string>(zones.map(zone => [shownName(apexOf(zone) ?? ''), 'the zone itself']))
  for (const record of records) {
    const owner = ownerOf(record, typedName(record.spec.zone))
    if (owner !== undefined) names.set(shownName(owner), recordTypeOfKind(record.kind).type)
  }
  return [...names].map(([word, about]) => ({ word, about }))
}
