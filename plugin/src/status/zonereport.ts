import { axfr, querySoa, type ZoneStatus } from '#bind9'
import { type Bind9Instance, type DNSZone, type Kind, placement, type RecordObject, recordKinds } from '#crds'
import type { Cluster, Scope } from '../cluster.ts'
import { readiness } from '../condition.ts'
import { missingRights, type Reading, reading, readValue } from '../reading.ts'
import { belongsTo } from '../record/find.ts'
import type { Answered, Reach } from '../server/reach.ts'
import { apexOf } from '../zone/find.ts'
import { type ServerHealth, type ZoneHealth, zoneHealth } from '../zone/health.ts'
import { recordScopes } from '../zone/scopes.ts'
import type { Depth } from './level.ts'

/** What one server of a zone has of it: by the object's status and, where asked, by its own words. */
export interface ServerReport {
  readonly instance: string
  readonly role: string
  readonly health: ServerHealth | undefined
  /** Its serial, over DNS; undefined where it has no such zone. */
  readonly soa?: Answered<number | undefined>
  /** Records that it serves, by a transfer. */
  readonly records?: Answered<number>
  /** What `rndc zonestatus` says. */
  readonly zonestatus?: Answered<ZoneStatus | undefined>
}

export interface ZoneReport {
  readonly zone: DNSZone
  readonly health: ZoneHealth
  readonly servers: readonly ServerReport[]
  readonly records: {
    readonly objects: number
    readonly unserved: readonly RecordObject[]
    /** Whether all of them could be read. */
    readonly isWhole: boolean
  }
  /** Rights that were missing to read all of it. */
  readonly needs: readonly string[]
}

const LIST_INSTANCES = 'list bind9instances'
const unaskable = { fault: 'forbidden', reason: 'Forbidden', needs: LIST_INSTANCES } as const

/** All that can be said of a zone and its servers. What may not be read is named; the rest is said nevertheless. */
export async function readZoneReport(cluster: Cluster, zone: DNSZone, reach: Reach, depth: Depth): Promise<ZoneReport> {
  const [instances, ...records] = await Promise.all([
    reading(LIST_INSTANCES, () => cluster.instances({ namespace: zone.metadata.namespace })),
    ...recordKinds.map(kind => readKind(cluster, kind, zone)),
  ])
  const health = zoneHealth(zone)
  const apex = apexOf(zone)
  const own = records.flat().flatMap(one => (readValue(one) ?? []).filter(belongsTo(zone)))
  const unserved = own.filter(record => readiness(record).status === 'False')
  const needsRecords = missingRights(records.flat())
  return {
    zone,
    health,
    servers:
      'needs' in instances
        ? health.servers.map(server => unasked(server, depth))
        : await askAll(placement(zone, instances.value), apex, { health, reach, depth }),
    records: { objects: own.length, unserved, isWhole: needsRecords.length === 0 },
    needs: [...missingRights([instances]), ...needsRecords],
  }
}

/** What the zone's object says of a server, where the server's own object may not be read. */
function unasked(health: ServerHealth, { live, rndc }: Depth): ServerReport {
  const { instance, role } = health
  return {
    instance,
    role,
    health,
    ...(live && { soa: unaskable, records: unaskable }),
    ...(rndc && { zonestatus: unaskable }),
  }
}

// Who may not look in all namespaces may look in the zone's own.
async function readKind(cluster: Cluster, kind: Kind, zone: DNSZone): Promise<Reading<RecordObject[]>[]> {
  const { namespace } = zone.metadata
  const read = (scope: Scope) => {
    const where = scope === 'all' ? ' in all namespaces' : scope.namespace === namespace ? '' : ` in ${scope.namespace}`
    return reading(`list ${kind.plural}${where}`, () => cluster.list<RecordObject>(kind, scope))
  }
  const found = await Promise.all(recordScopes(zone).map(read))
  const [first] = found
  return first && 'needs' in first && first.needs.endsWith('all namespaces')
    ? [first, await read({ namespace })]
    : found
}

function askAll(
  instances: readonly Bind9Instance[],
  apex: string | undefined,
  how: { readonly health: ZoneHealth; readonly reach: Reach; readonly depth: Depth },
): Promise<ServerReport[]> {
  return Promise.all([...instances].sort(primariesFirst).map(instance => serverReport(instance, apex, how)))
}

async function serverReport(
  instance: Bind9Instance,
  apex: string | undefined,
  { health, reach, depth }: { readonly health: ZoneHealth; readonly reach: Reach; readonly depth: Depth },
): Promise<ServerReport> {
  const { name } = instance.metadata
  const base = {
    instance: name,
    role: instance.spec.role,
    health: health.servers.find(server => server.instance === name),
  }
  if (apex === undefined) return base
  const [soa, records, zonestatus] = await Promise.all([
    depth.live ? reach.plain(instance, async server => (await querySoa(server, apex))?.serial) : undefined,
    depth.live ? reach.signed(instance, async server => (await axfr(server, apex)).records.length + 1) : undefined,
    depth.rndc ? reach.rndc(instance, client => client.zonestatus(apex)) : undefined,
  ])
  return { ...base, ...(soa && { soa }), ...(records && { records }), ...(zonestatus && { zonestatus }) }
}

function primariesFirst(a: Bind9Instance, b: Bind9Instance): number {
  return a.spec.role.localeCompare(b.spec.role) || a.metadata.name.localeCompare(b.metadata.name)
}
