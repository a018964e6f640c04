import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { axfr, DnsServer, tsigKey } from '#bind9'
import { API_GROUP, API_VERSION } from '#crds'
import { connectionTo, isNotFound, KubeClient } from '#kube'
import {
  type RunningApiServer,
  type RunningCluster,
  type RunningNamed,
  randomKey,
  startCluster,
  until,
} from '../cluster/index.ts'
import { instanceObjects, manifest } from '../cluster/objects.ts'
import { bundledController, ControllerProcess } from './controller.ts'
import type { Address } from './nsupdate.ts'
import { inParallel } from './parallel.ts'
import { Watch } from './watch.ts'

const PATH = `/apis/${API_GROUP}/${API_VERSION}/namespaces/default`
const apiVersion = `${API_GROUP}/${API_VERSION}`

/** Requests at once where the bench itself writes objects. */
export const WRITERS = 24

/** An API server, a primary and a secondary, with the objects of both servers; no controller yet. */
export class Setting {
  /** Everything it writes is under it. */
  readonly directory: string
  readonly api: RunningApiServer
  readonly primary: RunningNamed
  readonly secondary: RunningNamed
  readonly client: KubeClient
  readonly #program: string
  readonly #stop: () => Promise<void>

  static async start(): Promise<Setting> {
    const tsigKey = randomKey('bindy')
    const cluster = await startCluster({ named: { primary: { tsigKey }, secondary: { tsigKey } } })
    const { api, named } = cluster
    try {
      await api.installCrds(join(import.meta.dirname, '../../crds'))
      const objects = [
        ...instanceObjects(named.primary, { role: 'primary', clusterRef: 'bench' }),
        ...instanceObjects(named.secondary, { role: 'secondary', clusterRef: 'bench' }),
      ]
      const { code, stderr } = await api.kubectl(['apply', '-f', '-'], { input: manifest(objects) })
      if (code !== 0) throw new Error(`Cannot create the servers' objects: ${stderr}`)
      return new Setting(cluster, await bundledController(cluster.directory))
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  private constructor({ directory, api, named, stop }: RunningCluster<'primary' | 'secondary'>, program: string) {
    this.#program = program
    this.directory = directory
    this.api = api
    this.primary = named.primary
    this.secondary = named.secondary
    const { url, token, certificateAuthority: ca } = api
    this.client = new KubeClient(connectionTo(url, { token, tls: { ca } }), { userAgent: 'bindy-bench' })
    this.#stop = stop
  }

  async stop(): Promise<void> {
    await this.client.close()
    await this.#stop()
  }

  startController(): ControllerProcess {
    return new ControllerProcess(this.#program, this.api.kubeconfig)
  }

  createZone(zone: string): Promise<object> {
    const metadata = { name: zone }
    const soaRecord = { primaryNs: `ns1.${zone}.`, adminEmail: `admin.${zone}.` }
    const spec = { zoneName: zone, clusterRef: 'bench', soaRecord }
    return this.client.create(`${PATH}/dnszones`, { apiVersion, kind: 'DNSZone', metadata, spec })
  }

  /** Deletes a zone's object, and waits until no server has the zone. */
  async deleteZone(zone: string): Promise<void> {
    const path = `${PATH}/dnszones/${zone}`
    await this.client.delete(path)
    const isGone = () => this.client.get(path).then(() => false, isNotFound)
    await until(`${zone} is gone`, isGone, { timeoutMs: 60_000, everyMs: 50 })
  }

  /** Creates an ARecord for each address; returns when the last was acknowledged. */
  createRecords(zone: string, addresses: readonly Address[], { writers = WRITERS } = {}): Promise<void> {
    return inParallel(addresses, writers, async ([owner, ipv4Address]) => {
      const name = owner.slice(0, -zone.length - 2)
      const metadata = { name: `${name}.${zone}` }
      const spec = { zone, name, ttl: 300, ipv4Address }
      await this.client.create(`${PATH}/arecords`, { apiVersion, kind: 'ARecord', metadata, spec })
    })
  }

  async deleteRecords(zone: string, addresses: readonly Address[]): Promise<void> {
    await inParallel(addresses, WRITERS, async ([owner]) => {
      await this.client.delete(recordPath(zone, owner))
    })
  }

  changeRecord(zone: string, owner: string, ipv4Address: string): Promise<object> {
    return this.client.patch(recordPath(zone, owner), { spec: { ipv4Address } })
  }

  /** How many ARecords say that they are served as they are now. */
  async readyRecords(): Promise<number> {
    const { items } = await this.client.list<Conditioned>(`${PATH}/arecords`)
    return items.filter(isReady).length
  }

  async untilZoneReady(zone: string): Promise<void> {
    const ask = async () => isReady(await this.client.get<Conditioned>(`${PATH}/dnszones/${zone}`))
    await until(`${zone} is ready`, ask, { timeoutMs: 60_000, everyMs: 50 })
  }

  /** The zone as a server has it: its serial and its address records. */
  async served(named: RunningNamed, zone: string): Promise<{ serial: number; addresses: Set<string> }> {
    const server = new DnsServer({ host: named.address, port: named.dnsPort, key: tsigKey(named.tsigKey) })
    try {
      const { soa, records } = await axfr(server, `${zone}.`)
      const addresses = records.filter(({ type }) => type === 1).map(({ name, rdata }) => `${name} ${rdata.join('.')}`)
      return { serial: soa.serial, addresses: new Set(addresses) }
    } finally {
      server.close()
    }
  }

  /** Makes sure that a server has these records, and at the serial that a watch of its SOA has seen. */
  async mustServe(named: RunningNamed, zone: string, addresses: readonly Address[], watch: Watch): Promise<void> {
    const served = await this.served(named, zone)
    const missing = addresses.filter(([owner, address]) => !served.addresses.has(`${owner} ${address}`))
    if (missing.length > 0) throw new Error(`Cannot measure: ${named.name} lacks ${missing.length} records of ${zone}`)
    await watch.until(said => said === String(served.serial))
    if (watch.said !== String(served.serial)) throw new Error(`Cannot measure: ${zone} changed while it was read`)
  }

  /** Adds a zone for nsupdate to both servers, configured as Bindy configures its own, by file and rndc. */
  async addRivalZone(zone: string, addresses: readonly Address[] = []): Promise<void> {
    this.writeRivalFile(zone, addresses)
    await this.addRivalZoneTo(this.primary, zone)
    await this.addRivalZoneTo(this.secondary, zone)
    await this.untilLevel(zone)
  }

  /** Writes the zone file that the primary reads when the zone is added. */
  writeRivalFile(zone: string, addresses: readonly Address[]): void {
    const records = addresses.map(([owner, address]) => `${owner} A ${address}\n`).join('')
    const text = `$TTL 300\n@ SOA ns1 admin 1 3600 600 604800 300\n@ NS ns1\nns1 A 127.0.0.1\n${records}`
    writeFileSync(join(this.primary.data, `${zone}.db`), text)
  }

  /** Adds the zone to one of the servers by the rndc program. */
  async addRivalZoneTo(named: RunningNamed, zone: string): Promise<void> {
    const { primary, secondary } = this
    const key = `key "${primary.tsigKey.name}"`
    const at = (peer: RunningNamed) => `{ ${peer.address} port ${peer.dnsPort} ${key}; }`
    const statement =
      named === primary
        ? `type primary; masterfile-format text; allow-update { ${key}; }; ` +
          `allow-transfer { ${key}; }; notify explicit; notify-delay 0; also-notify ${at(secondary)};`
        : `type secondary; notify no; primaries ${at(primary)};`
    const { code, stderr } = await named.rndc('addzone', `${zone} { file "${zone}.db"; ${statement} };`)
    if (code !== 0) throw new Error(`Cannot add a zone to ${named.name}: ${stderr}`)
  }

  /** Waits until the secondary has the primary's serial. */
  async untilLevel(zone: string): Promise<void> {
    const watches = await Promise.all([this.primary, this.secondary].map(named => Watch.of(named, zone, 'SOA')))
    try {
      await until(`the secondary has ${zone} as the primary`, () => {
        const [first, second] = watches.map(({ said }) => said)
        return first === second && /^\d+$/.test(first ?? '')
      })
    } finally {
      await Promise.all(watches.map(watch => watch.stop()))
    }
  }
}

/** Address records of a zone, each with an address of its own. */
export function addressesOf(zone: string, count: number, { prefix = 'host' } = {}): Address[] {
  return Array.from({ length: count }, (_, i) => [
    `${prefix}-${i}.${zone}.`,
    `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`,
  ])
}

interface Conditioned {
  readonly metadata: { readonly name: string; readonly generation: number }
  readonly status?: { readonly conditions?: readonly { type: string; status: string; observedGeneration: number }[] }
}

function isReady({ metadata, status }: Conditioned): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  return ready?.status === 'True' && ready.observedGeneration === metadata.generation
}

function recordPath(zone: string, owner: string): string {
  return `${PATH}/arecords/${owner.slice(0, -zone.length - 2)}.${zone}`
}
