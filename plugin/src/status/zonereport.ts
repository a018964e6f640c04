import { axfr, querySoa, type ZoneStatus } from '#bind9'
import { type Bind9Instance, type DNSZone, placement, type RecordObject } from '#crds'
import type { Cluster } from '../cluster.ts'
import { readiness } from '../condition.ts'
import { isOfZone } from '../record/find.ts'
import type { Answered, Reach } from '../server/reach.ts'
import { apexOf } from '../zone/find.ts'
import { type ServerHealth, type ZoneHealth, zoneHealth } from '../zone/health.ts'

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
  readonly records: { readonly objects: number; readonly refused: readonly RecordObject[] }
}

/** How deep to look: at the object alone, at DNS too, at the control channel too. */
export interface Depth {
  readonly live: boolean
  readonly rndc: boolean
}

/** All that can be said of a zone and its servers. */
export async function readZoneReport(cluster: Cluster, zone: DNSZone, reach: Reach, depth: Depth): Promise<ZoneReport> {
  const scope = { namespace: zone.metadata.namespace }
  const [instances, records] = await Promise.all([cluster.instances(scope), cluster.records(scope)])
  return zoneReport(zone, { instances, records }, reach, depth)
}

/** The same of objects at hand. */
async function zoneReport(
  zone: DNSZone,
  { instances, records }: { readonly instances: readonly Bind9Instance[]; readonly records: readonly RecordObject[] },
  reach: Reach,
  depth: Depth,
): Promise<ZoneReport> {
  const health = zoneHealth(zone)
  const apex = apexOf(zone)
  const own = records.filter(record => apex !== undefined && isOfZone(record, apex))
  const refused = own.filter(record => readiness(record).status === 'False')
  const asked = placement(zone, instances).sort(primariesFirst)
  const servers = await Promise.all(asked.map(instance => serverReport(instance, apex, { health, reach, depth })))
  return { zone, health, servers, records: { objects: own.length, refused } }
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
