import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { axfr, DnsServer, querySoa, tsigKey } from '#bind9'
import { API_GROUP, API_VERSION } from '#crds'
import { connectionTo, KubeClient } from '#kube'
import { catalogName } from '../../controller/src/reconcile/cluster/catalog.ts'
import { type RunningCluster, type RunningNamed, randomKey, startCluster } from '../cluster/index.ts'
import { instanceObjects, manifest } from '../cluster/objects.ts'
import { nowMs } from './clock.ts'
import { bundledController, ControllerProcess } from './controller.ts'
import { type Section, seconds, times } from './figure.ts'
import { inParallel } from './parallel.ts'
import { WRITERS } from './setting.ts'

const ZONES = 1_000
const RECORDS = 2
const CATALOG = catalogName('default/bench')
const PATH = `/apis/${API_GROUP}/${API_VERSION}/namespaces/default`
const apiVersion = `${API_GROUP}/${API_VERSION}`

/** Many new zones on two secondaries, which take them from a catalog zone, beside addzone on each. */
export async function benchCatalog(tell: (step: string) => void): Promise<Section> {
  tell(`${ZONES} zones by addzone`)
  const added = await createZones(false)
  tell(`${ZONES} zones by catalog`)
  const listed = await createZones(true)
  return {
    title: `${ZONES} zones of ${RECORDS} records on a primary and two secondaries, by a catalog zone`,
    figures: [
      {
        what: 'created to all served by both secondaries',
        value: seconds(listed.tookMs),
        rival: seconds(added.tookMs),
        ratio: times(listed.tookMs / added.tookMs),
      },
      {
        what: '  until the primary served them all',
        value: seconds(listed.primaryMs),
        rival: seconds(added.primaryMs),
        ratio: times(listed.primaryMs / added.primaryMs),
      },
      {
        what: 'RNDC commands to the secondaries',
        value: String(listed.commands),
        rival: String(added.commands),
        ratio: times(listed.commands / added.commands),
      },
      { what: 'UPDATE messages to the catalog', value: String(listed.updates) },
    ],
    notes,
  }
}

const notes = [
  'The records are there; the DNSZones are created, 24 at a time. From the first of them to the moment when each zone was ' +
    'seen served by each secondary. Rival: the same by addzone on each secondary, in the same run on servers of its own. ' +
    'named looks at the catalog once a second (min-update-interval 1).',
  'Commands are those that named logs: null and status are not among them. ' +
    'Each UPDATE raises the serial of the catalog by one: so they are counted.',
]

interface Run {
  readonly tookMs: number
  readonly primaryMs: number
  readonly commands: number
  readonly updates: number
}

async function createZones(catalog: boolean): Promise<Run> {
  const cluster = await startServers(catalog)
  const { url, token, certificateAuthority: ca, kubeconfig } = cluster.api
  const client = new KubeClient(connectionTo(url, { token, tls: { ca } }), { userAgent: 'bindy-bench' })
  const controller = new ControllerProcess(await bundledController(cluster.directory), kubeconfig)
  try {
    await inParallel(zones, WRITERS, zone => createRecords(client, zone))
    await controller.untilQuiet()
    return await measure(cluster, client, catalog)
  } finally {
    await controller.stop()
    await client.close()
    await cluster.stop()
  }
}

const zones = Array.from({ length: ZONES }, (_, i) => `zone-${i}.example`)

type Servers = RunningCluster<'primary' | 'secondary' | 'second'>

async function measure({ named }: Servers, client: KubeClient, catalog: boolean): Promise<Run> {
  const { primary, secondary, second } = named
  const before = commands(secondary) + commands(second)
  const firstSerial = catalog ? await servedMs(primary, [CATALOG]).then(() => serialOf(primary)) : 0
  const startMs = nowMs()
  const creating = inParallel(zones, WRITERS, zone => createZone(client, zone))
  const names = zones.map(zone => `${zone}.`)
  const [primaryMs, ...secondaryMs] = await Promise.all([primary, secondary, second].map(one => servedMs(one, names)))
  await creating
  await mustServe([secondary, second])
  return {
    tookMs: Math.max(...secondaryMs) - startMs,
    primaryMs: (primaryMs as number) - startMs,
    commands: commands(secondary) + commands(second) - before,
    updates: catalog ? (await serialOf(primary)) - firstSerial : 0,
  }
}

async function startServers(catalog: boolean): Promise<Servers> {
  const key = randomKey('bindy')
  const cluster = await startCluster({
    named: { primary: { tsigKey: key }, secondary: { tsigKey: key }, second: { tsigKey: key } },
  })
  try {
    const { api, named } = cluster
    await api.installCrds(join(import.meta.dirname, '../../crds'))
    if (catalog)
      await Promise.all([named.secondary, named.second].map(one => one.restart(linesFor(one, named.primary))))
    const role = (name: string) => (name === 'primary' ? 'primary' : 'secondary')
    const objects = [
      { apiVersion, kind: 'Bind9Cluster', metadata: { name: 'bench' }, spec: { secondary: { catalog } } },
      ...Object.values(named).flatMap(one => instanceObjects(one, { role: role(one.name), clusterRef: 'bench' })),
    ]
    const { code, stderr } = await api.kubectl(['apply', '-f', '-'], { input: manifest(objects) })
    if (code !== 0) throw new Error(`Cannot create the servers' objects: ${stderr}`)
    return cluster
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

/** The lines of docs/catalog.md. */
function linesFor({ data }: RunningNamed, primary: RunningNamed): { options: string; statements: string } {
  const name = CATALOG.slice(0, -1)
  const from = `{ ${primary.address} port ${primary.dnsPort} key "bindy"; }`
  return {
    options: `catalog-zones { zone "${name}" default-primaries ${from} in-memory no zone-directory "${data}" min-update-interval 1; };`,
    statements: `zone "${name}" { type secondary; primaries ${from}; file "${data}/catalog.db"; };`,
  }
}

/** When the last of the zones was seen served by a server. */
async function servedMs(named: RunningNamed, names: readonly string[]): Promise<number> {
  const server = dnsOf(named)
  const deadlineMs = nowMs() + 300_000
  try {
    for (const name of names) {
      while (!(await querySoa(server, name).catch(() => undefined))) {
        if (nowMs() > deadlineMs) throw new Error(`Cannot measure: ${named.name} does not serve ${name}`)
        await pause(5)
      }
    }
    return nowMs()
  } finally {
    server.close()
  }
}

async function mustServe(secondaries: readonly RunningNamed[]): Promise<void> {
  for (const named of secondaries) {
    const server = dnsOf(named)
    for (const zone of zones) {
      const { records } = await axfr(server, `${zone}.`)
      const found = records.filter(({ name, type }) => type === 1 && name.startsWith('host-')).length
      if (found !== RECORDS) throw new Error(`Cannot measure: ${named.name} has ${found} records of ${zone}`)
    }
    server.close()
  }
}

async function serialOf(primary: RunningNamed): Promise<number> {
  const server = dnsOf(primary)
  const soa = await querySoa(server, CATALOG)
  server.close()
  if (!soa) throw new Error('Cannot measure: the primary has no catalog zone')
  return soa.serial
}

function dnsOf(named: RunningNamed): DnsServer {
  return new DnsServer({ host: named.address, port: named.dnsPort, key: tsigKey(named.tsigKey) })
}

function commands(named: RunningNamed): number {
  return named.log().match(/received control channel command/g)?.length ?? 0
}

function createZone(client: KubeClient, zone: string): Promise<object> {
  const soaRecord = { primaryNs: `ns1.${zone}.`, adminEmail: `admin.${zone}.` }
  const spec = { zoneName: zone, clusterRef: 'bench', soaRecord }
  return client.create(`${PATH}/dnszones`, { apiVersion, kind: 'DNSZone', metadata: { name: zone }, spec })
}

async function createRecords(client: KubeClient, zone: string): Promise<void> {
  for (let i = 0; i < RECORDS; i++) {
    const spec = { zone, name: `host-${i}`, ipv4Address: `192.0.2.${i + 1}` }
    const metadata = { name: `host-${i}.${zone}` }
    await client.create(`${PATH}/arecords`, { apiVersion, kind: 'ARecord', metadata, spec })
  }
}
