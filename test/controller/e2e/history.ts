import fc from 'fast-check'
import { zoneKind } from '#crds'
import { isNotFound } from '#kube'
import { until } from '../../cluster/index.ts'
import type { Bindy } from './bindy.ts'
import { GatedController } from './gatedcontroller.ts'
import { conditionOf, type Namespace, type Thing } from './namespace.ts'
import type { Draft } from './orders.ts'

/*
 * Histories of a world: objects of three zones are made, edited and deleted, while servers and controllers are killed and
 * started, and servers emptied, at any moment: no step waits for what the one before sets off.
 */

type Server = 'primary' | 'secondary'
type Spec = Readonly<Record<string, unknown>>

/** What happens; prints as what it does. */
export type Step = (history: History) => Promise<unknown>

export const ZONES = ['one.example', 'two.example', 'three.example']
const KINDS = ['dnszones', 'arecords', 'aaaarecords', 'txtrecords', 'mxrecords', 'cnamerecords']

/**
 * What the record object of each slot may hold. They are so few that no zone has ten records, of which a third may not
 * leave at once.
 */
const SLOTS: readonly { readonly kind: string; readonly values: readonly [Spec, Spec] }[] = [
  { kind: 'ARecord', values: [{ ipv4Addresses: ['192.0.2.1'] }, { ipv4Addresses: ['192.0.2.1', '192.0.2.2'] }] },
  { kind: 'ARecord', values: [{ ipv4Addresses: ['192.0.2.1'] }, { ipv4Addresses: ['192.0.2.3'] }] },
  { kind: 'AAAARecord', values: [{ ipv6Addresses: ['2001:db8::1'] }, { ipv6Addresses: ['2001:db8::2'] }] },
  { kind: 'TXTRecord', values: [{ text: ['one'] }, { text: ['two', 'strings'] }] },
  {
    kind: 'MXRecord',
    values: [
      { priority: 10, mailServer: 'a.example.net.' },
      { priority: 5, mailServer: 'b.example.net.' },
    ],
  },
  { kind: 'CNAMERecord', values: [{ target: 'a.example.net.' }, { target: 'b.example.net.' }] },
  { kind: 'CNAMERecord', values: [{ target: 'a.example.net.' }, { target: 'b.example.net.' }] },
]

/** One history, in a namespace of its own. */
export class History {
  readonly #bindy: Bindy<Server>
  readonly #dns: Namespace<Server>
  #zonesMade = 0
  #controller: GatedController | undefined

  static async begin(bindy: Bindy<Server>): Promise<History> {
    const history = new History(bindy, await bindy.namespace())
    await history.startController()
    return history
  }

  constructor(bindy: Bindy<Server>, dns: Namespace<Server>) {
    this.#bindy = bindy
    this.#dns = dns
  }

  /** Makes the objects of a zone, one after the other. */
  async make(zone: string, drafts: readonly Draft[]): Promise<void> {
    for (const [i, { kind, spec }] of drafts.entries()) await this.#dns.create(kind, `${zone}-${i}`, spec(zone))
  }

  /** Lets all that is down come back. */
  async end(): Promise<void> {
    for (const named of Object.values(this.#bindy.named)) if (!named.isRunning) await named.restart()
    await this.startController()
  }

  async objects(): Promise<Thing[]> {
    return (await Promise.all(KINDS.map(plural => this.#dns.list(plural)))).flat()
  }

  /** Waits until all objects have spoken of themselves as they stand, where there is a controller to say it. */
  async settle(): Promise<void> {
    if (!this.#controller) return
    const hasSpoken = (one: Thing) => conditionOf(one)?.observedGeneration === one.metadata.generation
    const haveSpoken = async () => (await this.objects()).every(hasSpoken)
    await until('all objects have spoken', haveSpoken, { everyMs: 100, timeoutMs: 60_000 })
  }

  /** Gives the record object of a slot this spec, making it where there is none. */
  async put(slot: number, spec: Spec): Promise<void> {
    const object = recordOf(slot)
    if (await this.#dns.find(object)) await this.#dns.edit(object, spec)
    else await this.#dns.create(object.kind, object.metadata.name, spec)
  }

  drop(slot: number): Promise<void> {
    return this.#dns.delete(recordOf(slot))
  }

  /** Makes a DNSZone, also where there is one of its zone name, which is then the older. */
  async makeZone(zoneName: string): Promise<void> {
    const soaRecord = { primaryNs: 'ns1.example.net.', adminEmail: 'admin.example.net.' }
    const name = `${zoneName}-${++this.#zonesMade}`
    await this.#dns.create(zoneKind.kind, name, { zoneName, clusterRef: 'dns', soaRecord })
  }

  async dropZone(zoneName: string): Promise<void> {
    const zone = await this.#zone(zoneName)
    if (zone) await this.#dns.delete(zone)
  }

  async editZone(zoneName: string, spec: Spec): Promise<void> {
    const zone = await this.#zone(zoneName)
    if (!zone) return
    // One that is being deleted may be gone by now.
    await this.#dns.edit(zone, spec).catch(error => {
      if (!isNotFound(error)) throw error
    })
  }

  kill(server: Server): Promise<void> {
    return this.#bindy.named[server].kill('SIGKILL')
  }

  /** Kills a server and takes its disk away. */
  empty(server: Server): Promise<void> {
    return this.#bindy.named[server].loseDisk()
  }

  restart(server: Server): Promise<void> {
    return this.#bindy.named[server].restart()
  }

  async killController(): Promise<void> {
    await this.#controller?.kill()
    this.#controller = undefined
  }

  async startController(): Promise<void> {
    const { api, kube, cluster } = this.#bindy
    this.#controller ??= await GatedController.start(api, kube, cluster.directory)
  }

  async #zone(zoneName: string): Promise<Thing | undefined> {
    return (await this.#dns.list(zoneKind.plural)).find(({ spec }) => spec.zoneName === zoneName)
  }
}

function recordOf(slot: number) {
  return { kind: SLOTS[slot]?.kind as string, metadata: { name: `slot-${slot}` } }
}

const slot = fc.nat({ max: SLOTS.length - 1 })
const zone = fc.constantFrom(...ZONES)
const server = fc.constantFrom<Server>('primary', 'secondary')
const nothing = fc.constant('')
const record = slot.chain(slot => {
  const name = fc.constantFrom('@', 'www', 'mail')
  const ttl = fc.constantFrom(null, 60, 300)
  const spec = fc.tuple(fc.record({ zone, name, ttl }), fc.constantFrom(...(SLOTS[slot]?.values ?? [])))
  return fc.tuple(
    fc.constant(slot),
    spec.map(parts => Object.assign({}, ...parts)),
  )
})
const zoneChange = fc.oneof(
  fc.record({ ttl: fc.constantFrom(600, 3600) }),
  fc
    .oneof(
      fc.record({ primaryNs: fc.constantFrom('ns1.example.net.', 'ns2.example.net.') }),
      fc.record({ refresh: fc.constantFrom(1800, 3600), negativeTtl: fc.constantFrom(60, 300) }),
    )
    .map(soaRecord => ({ soaRecord })),
)

/** Any step, edits more often than losses. */
export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  step('put', 14, record, (history, [slot, spec]) => history.put(slot, spec)),
  step('remake', 2, record, async (history, [slot, spec]) => {
    await history.drop(slot)
    await history.put(slot, spec)
  }),
  step('drop', 4, slot, (history, slot) => history.drop(slot)),
  step('make zone', 1, zone, (history, zone) => history.makeZone(zone)),
  step('remake zone', 2, zone, async (history, zone) => {
    await history.dropZone(zone)
    await history.makeZone(zone)
  }),
  step('drop zone', 1, zone, (history, zone) => history.dropZone(zone)),
  step('edit zone', 3, fc.tuple(zone, zoneChange), (history, [zone, spec]) => history.editZone(zone, spec)),
  step('kill', 2, server, (history, server) => history.kill(server)),
  step('empty', 1, server, (history, server) => history.empty(server)),
  step('restart', 3, server, (history, server) => history.restart(server)),
  step('kill controller', 2, nothing, history => history.killController()),
  step('start controller', 3, nothing, history => history.startController()),
  step('settle', 2, nothing, history => history.settle()),
)

function step<T>(
  what: string,
  weight: number,
  argument: fc.Arbitrary<T>,
  act: (history: History, argument: T) => Promise<unknown>,
): { readonly weight: number; readonly arbitrary: fc.Arbitrary<Step> } {
  const arbitrary = argument.map(value => {
    const take: Step = history => act(history, value)
    return Object.assign(take, { [fc.toStringMethod]: () => `${what} ${JSON.stringify(value)}` })
  })
  return { weight, arbitrary }
}
