import { bytesOf, decodeRdata, type Seeder, startSeeder } from '#bind9'
import {
  type DNSZone,
  deletionPolicy,
  isPaused,
  keyOf,
  placement,
  printRdata,
  printRecord,
  printUnknownRdata,
  type Remark,
  recordTypeOfCode,
  zoneKey,
} from '#crds'
import { type Connection, KubeClient, type Log, type RequestRecord } from '#kube'
import { Objects } from './objects.ts'
import { isOfCatalog } from './reconcile/cluster/catalog.ts'
import { Catalogs } from './reconcile/cluster/catalogs.ts'
import { Servers } from './reconcile/instance/servers.ts'
import { Claims } from './reconcile/zone/claims.ts'
import { serves } from './reconcile/zone/create.ts'
import type { PrimaryHappening } from './reconcile/zone/happening.ts'
import type { Step } from './reconcile/zone/plan.ts'
import type { ZoneView } from './reconcile/zone/status.ts'
import { ZoneReconcile } from './reconcile/zone/zone.ts'

export interface DryRunOptions {
  readonly connection: Connection
  readonly log: Log
  /** Takes the plans, line by line. */
  readonly print: (line: string) => void
  readonly onRequest?: (request: RequestRecord) => void
}

const hold: Remark = { reason: 'DryRun', message: 'a dry run writes nothing' }

/**
 * Looks at every zone once, prints what the controller would do, and ends. It has nothing to write with: to the API
 * server it only reads, and every pass over a zone is held.
 */
export async function dryRun(
  { connection, log, print, onRequest }: DryRunOptions,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const client = new KubeClient(connection, { userAgent: 'bindy-dry-run', ...(onRequest && { onRequest }) })
  const objects = new Objects(client, log)
  const claims = new Claims()
  const servers = new Servers({ client, now: Date.now, log, onDoubt: () => {}, onTurn: () => {} })
  const seeder = await startSeeder()
  for (const informer of objects.records) informer.onChange((_type, record) => void claims.put(record))
  objects.start()
  try {
    await objects.synced({ signal })
    // What stands against a server is told with the zones that it should serve.
    const meet = [...objects.instances.values()].map(instance => servers.meet(keyOf(instance), instance, { signal }))
    await Promise.allSettled(meet)
    const parts = { objects, claims, catalogs: catalogsOf(objects, claims), servers, seeder, log }
    const zones = [...objects.zones.values()].filter(zone => isOwner(zone, objects)).sort(byZoneName)
    let changed = 0
    for (const zone of zones) changed += await printPlan(zone, parts, print, { signal })
    // By now it is known of each zone whether it is to be listed.
    for (const name of [...parts.catalogs.names()].sort()) {
      const catalog = parts.catalogs.zone(name)
      if (catalog) await printPlan(catalog, parts, print, { signal })
    }
    print(`${changed} of ${zones.length} zones would change; nothing was written`)
  } finally {
    await objects.stop()
    servers.close()
    await seeder.close()
  }
}

interface Parts {
  readonly objects: Objects
  readonly claims: Claims
  readonly catalogs: Catalogs
  readonly servers: Servers
  readonly seeder: Seeder
  readonly log: Log
}

/** Prints what would be done for one zone; returns 1 where that is anything, else 0. */
async function printPlan(
  zone: DNSZone,
  parts: Parts,
  print: DryRunOptions['print'],
  options: { readonly signal: AbortSignal },
): Promise<number> {
  const name = zoneKey(zone.spec.zoneName)
  if (isPaused(zone)) {
    print(`${name}: is paused, and would be left as it is`)
    return 0
  }
  const plan = zone.metadata.deletionTimestamp ? planOfDeleted : planOf
  const lines = await plan(zone, name, parts, options)
  for (const line of lines) print(line)
  return lines.length > 0 ? 1 : 0
}

async function planOfDeleted(
  zone: DNSZone,
  name: string,
  { catalogs, servers }: Parts,
  options: { readonly signal: AbortSignal },
): Promise<string[]> {
  if (!isOfCatalog(zone)) return deletionPolicy(zone) === 'retain' ? [] : [`${name}: would be taken off its servers`]
  // Whether there ever was a catalog is not known of a cluster without an object.
  const ready = catalogs.placed(zone).map(instance => servers.ready(keyOf(instance)))
  const serving = await Promise.all(
    ready.map(async server => server && (await serves(server, name, options)) && server),
  )
  return serving.flatMap(server => (server ? [`${name} on ${server.key}: would be taken off`] : []))
}

async function planOf(
  zone: DNSZone,
  name: string,
  { objects, claims, catalogs, servers, seeder, log }: Parts,
  { signal }: { readonly signal: AbortSignal },
): Promise<string[]> {
  const lines: string[] = []
  const leaving = new Set<string | undefined>()
  const placed = (one: DNSZone) =>
    isOfCatalog(one) ? catalogs.placed(one) : placement(one, objects.instances.values())
  claims.of(name).hide(objects.tree.hiding(name, placed))
  const pass = new ZoneReconcile(name, {
    zonesNamed: name => (isOfCatalog(zone) ? [zone] : objects.tree.named(name)),
    forbiddenBy: one => (isOfCatalog(one) ? undefined : objects.tree.forbiddenBy(one)),
    placed,
    supply: (one, key) => catalogs.supply(one, key),
    others: one => catalogs.others(one),
    followers: catalogs,
    instance: key => objects.instances.get(key),
    claims: name => claims.of(name),
    setFinalizer: async () => true,
    endPermission: async () => {},
    setRecordFinalizer: async () => true,
    reportRecord: () => {},
    retell: () => {},
    reportZone: (_zone, view) => {
      const isNews = ({ instance }: ZoneView['servers'][number]) => !leaving.has(instance)
      lines.push(...faultsOf(name, view.servers.filter(isNews)))
    },
    recordEvent: () => {},
    wake: () => {},
    unread: () => objects.unread,
    hold,
    tell: (_zone, happening) => {
      if (happening.kind === 'wouldLeave') leaving.add(happening.server.split('/')[1])
      lines.push(...linesOf(name, happening))
    },
    follow: () => {},
    servers,
    source: { seeder },
    log,
    now: Date.now,
  })
  // What stands against a server is in the lines by then.
  await pass.reconcile({ signal }).catch(error => {
    if (signal.aborted) throw error
  })
  if (!isOfCatalog(zone)) catalogs.settle(name, pass)
  return lines
}

/** The catalogs of all clusters with what was served before: they say which secondaries take their zones from there. */
function catalogsOf(objects: Objects, claims: Claims): Catalogs {
  const catalogs = new Catalogs({
    cluster: key => objects.clusters.get(key),
    instance: key => objects.instances.get(key),
    instances: () => objects.instances.values(),
    zonesNamed: name => objects.tree.named(name),
    placed: zone => placement(zone, objects.instances.values()),
    claims,
    wake: () => {},
    compareAll: () => {},
    onTurn: () => {},
    onFollow: () => {},
    now: Date.now,
  })
  catalogs.meetAll([...objects.clusters.values()].map(keyOf))
  for (const { spec } of objects.zones.values()) catalogs.settle(zoneKey(spec.zoneName), undefined)
  return catalogs
}

function byZoneName(a: DNSZone, b: DNSZone): number {
  return a.spec.zoneName < b.spec.zoneName ? -1 : 1
}

function isOwner(zone: DNSZone, objects: Objects): boolean {
  return objects.tree.named(zoneKey(zone.spec.zoneName))[0] === zone
}

function faultsOf(name: string, servers: ZoneView['servers']): string[] {
  const isNews = ({ fault }: ZoneView['servers'][number]) => fault && !['DryRun', 'Pending'].includes(fault.reason)
  return servers.filter(isNews).map(({ instance, fault }) => `${name} on ${instance}: ${fault?.message}`)
}

function linesOf(name: string, happening: PrimaryHappening): string[] {
  const where = `${name} on ${happening.server}`
  switch (happening.kind) {
    case 'wouldCreate':
      return [`${where}: would be made with ${happening.records} records`]
    case 'wouldAdd':
      return [`${where}: would be added, and fetched from its primaries`]
    case 'wouldAdopt':
      return [`${where}: would be taken over as it is`]
    case 'wouldList':
      return [`${where}: would come from the catalog ${happening.catalog}`]
    case 'wouldLeave':
      return [`${where}: would be taken off`]
    case 'wouldConfigure':
      return [`${where}: would get another statement`]
    case 'wouldReplaceSoa':
      return [`${where}: would get another SOA`]
    case 'wouldChange': {
      const { changes, held } = happening
      const steps = changes.flatMap(({ owner, steps }) => steps.map(step => printStep(owner, step)))
      const waiting = held ? `, of which ${held.leaving} of ${held.of} records that leave would wait to be allowed` : ''
      return [`${where}: ${steps.length} ${steps.length === 1 ? 'change' : 'changes'}${waiting}`, ...steps.sort()]
    }
    default:
      return []
  }
}

function printStep(owner: string, { kind, type, ttl, rdata }: Step): string {
  const entry = recordTypeOfCode(type)
  const text = entry ? printRdata(entry, decodeRdata(entry, bytesOf(rdata))) : printUnknownRdata(rdata)
  return `  ${kind === 'add' ? '+' : '-'} ${printRecord(owner, kind === 'add' ? ttl : undefined, type, text)}`
}
