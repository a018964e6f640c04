import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { API_GROUP, API_VERSION } from '#crds'
import { connectionTo, KubeClient } from '#kube'
import { createAuthority, issueCertificate } from '../../webhook/src/certificate/authority.ts'
import { spawnChild } from '../cluster/child.ts'
import { type RunningApiServer, reservePort, startApiServer, temporaryDirectory } from '../cluster/index.ts'
import { nowMs } from './clock.ts'
import { atLeast, atMost, type Figure, ms, perSecond, type Section, seconds, times } from './figure.ts'
import { megabytes } from './memory.ts'
import { inParallel } from './parallel.ts'
import { cpuMs, residentMB } from './process.ts'
import { Reviewer } from './reviews.ts'
import { addressesOf, WRITERS } from './setting.ts'
import { median, quantile } from './statistics.ts'

const root = join(import.meta.dirname, '../..')
const apiVersion = `${API_GROUP}/${API_VERSION}`
const PATH = `/apis/${apiVersion}/namespaces/default`
const ZONE = 'webhook.test'
const RECORDS = 10_000
const PACE = 50
const PACED = 1_500
const FLOOD_MS = 10_000

/** Measures the bundled webhook beside the least that a webhook of Node can be. */
export async function benchWebhook(tell: (step: string) => void): Promise<Section> {
  const directory = temporaryDirectory()
  const api = await startApiServer({ parent: directory.path })
  const client = new KubeClient(connectionTo(api.url, { token: api.token, tls: { ca: api.certificateAuthority } }))
  try {
    await api.installCrds(join(root, 'crds'))
    execFileSync(process.execPath, [join(root, 'controller/build.ts'), 'webhook'])
    tell('starting it with nothing to read')
    const empty = await Server.webhook(api)
    await empty.stop()
    await api.kubectl(['delete', 'validatingwebhookconfiguration,mutatingwebhookconfiguration', '--all'])
    tell(`creating ${RECORDS} records`)
    await createObjects(client)
    tell('starting it again')
    const webhook = await Server.webhook(api)
    const webhookCa = await authorityOf(client)
    const bare = await Server.bare(directory.path)
    tell(
      `${PACE} reviews a second for ${PACED / PACE} s, then as many as it takes for ${FLOOD_MS / 1_000} s, each twice`,
    )
    const theirs = await loaded(bare.server, bare.ca)
    const ours = await loaded(webhook, webhookCa)
    await Promise.all([webhook.stop(), bare.server.stop()])
    return section({ emptyMs: empty.readyMs, fullMs: webhook.readyMs, ours, theirs })
  } finally {
    await client.close()
    await api.stop()
    await directory.remove()
  }
}

interface Loaded {
  readonly p50: number
  readonly p99: number
  /** Reviews a second, by the clock and by the CPU time that the server took. */
  readonly rate: number
  readonly rateOfCpu: number
  /** Megabytes after the paced reviews, and after the flood. */
  readonly paced: number
  readonly flooded: number
}

/** A server of reviews in a process of its own. */
class Server {
  readonly port: number
  readonly readyMs: number
  readonly #child: ReturnType<typeof spawnChild>

  static async webhook({ kubeconfig }: RunningApiServer): Promise<Server> {
    const port = (await reservePort()).number
    const url = ['--url', `https://127.0.0.1:${port}`, '--host', '127.0.0.1', '--port', String(port)]
    return Server.#start(port, [join(root, 'dist/webhook.mjs'), '--kubeconfig', kubeconfig, ...url])
  }

  static async bare(directory: string): Promise<{ server: Server; ca: string }> {
    const source = { now: Date.now, randomBytes }
    const authority = await createAuthority(source)
    const { cert, key } = await issueCertificate(authority, ['127.0.0.1'], source)
    writeFileSync(join(directory, 'tls.crt'), cert)
    writeFileSync(join(directory, 'tls.key'), key)
    const port = (await reservePort()).number
    const args = [join(import.meta.dirname, 'bareserver.ts'), directory, String(port)]
    return { server: await Server.#start(port, args), ca: authority.cert }
  }

  static async #start(port: number, args: readonly string[]): Promise<Server> {
    const startMs = nowMs()
    const child = spawnChild(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error(`Cannot measure: ${args[0]} has ended\n${said}`)))
      child.stdout?.on('data', chunk => {
        said += chunk
        if (said.includes('"message":"Webhook ready"')) resolve()
      })
    })
    return new Server(port, child, nowMs() - startMs)
  }

  private constructor(port: number, child: ReturnType<typeof spawnChild>, readyMs: number) {
    this.port = port
    this.readyMs = readyMs
    this.#child = child
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, 'exit')
    this.#child.kill('SIGINT')
    if (this.#child.exitCode === null) await exit
  }
}

async function createObjects(client: KubeClient): Promise<void> {
  const soaRecord = { primaryNs: `ns1.${ZONE}.`, adminEmail: `admin@${ZONE}` }
  const zone = { zoneName: ZONE, clusterRef: 'bench', soaRecord }
  const create = (kind: string, plural: string, name: string, spec: object) =>
    client.create(`${PATH}/${plural}`, { apiVersion, kind, metadata: { name }, spec })
  await create('DNSZone', 'dnszones', 'webhook', zone)
  await create('CNAMERecord', 'cnamerecords', 'alias', { zone: ZONE, name: 'alias', target: `host-0.${ZONE}.` })
  await inParallel(addressesOf(ZONE, RECORDS), WRITERS, async ([owner, ipv4Address]) => {
    const name = owner.slice(0, -ZONE.length - 2)
    await create('ARecord', 'arecords', name, { zone: ZONE, name, ttl: 300, ipv4Address })
  })
}

async function authorityOf(client: KubeClient): Promise<string> {
  const secret = await client.get<{ data: Record<string, string> }>(
    '/api/v1/namespaces/default/secrets/bindy-webhook-ca',
  )
  return Buffer.from(secret.data['ca.crt'] ?? '', 'base64').toString()
}

// The first reviews are for V8 to learn what is asked of it.
async function loaded({ port, pid }: Server, ca: string): Promise<Loaded> {
  const reviewer = new Reviewer(port, ca, ZONE)
  try {
    await reviewer.paced(PACED / 3, { perSecond: PACE })
    const times = await reviewer.paced(PACED, { perSecond: PACE })
    const paced = residentMB(pid)
    await reviewer.flood(FLOOD_MS / 2)
    const fromMs = cpuMs(pid)
    const rate = await reviewer.flood(FLOOD_MS)
    const rateOfCpu = (rate * FLOOD_MS) / (cpuMs(pid) - fromMs)
    return { p50: median(times), p99: quantile(times, 0.99), rate, rateOfCpu, paced, flooded: residentMB(pid) }
  } finally {
    await reviewer.stop()
  }
}

function section(found: {
  readonly emptyMs: number
  readonly fullMs: number
  readonly ours: Loaded
  readonly theirs: Loaded
}): Section {
  const { ours, theirs } = found
  const beside = (value: number, rival: number, show: (value: number) => string): Omit<Figure, 'what'> => ({
    value: show(value),
    rival: show(rival),
    ratio: times(value / rival),
  })
  return {
    title: `the webhook with ${RECORDS} records in its cache, beside a bare node:https server`,
    figures: [
      {
        what: 'ready after its start, nothing to read',
        value: seconds(found.emptyMs),
        ...atMost(1_000, found.emptyMs, seconds),
      },
      { what: `ready after its start, ${RECORDS} records`, value: seconds(found.fullMs) },
      { what: `at ${PACE} reviews a second: p50`, ...beside(ours.p50, theirs.p50, ms) },
      { what: '  p99', ...beside(ours.p99, theirs.p99, ms), ...atMost(5, ours.p99, ms) },
      { what: 'reviews a second, as many as it takes', ...beside(ours.rate, theirs.rate, perSecond) },
      {
        what: '  for each second of its CPU time',
        ...beside(ours.rateOfCpu, theirs.rateOfCpu, perSecond),
        ...atLeast(3_000, ours.rateOfCpu, perSecond),
      },
      {
        what: `resident memory at ${PACE} reviews a second`,
        ...beside(ours.paced, theirs.paced, megabytes),
        ...atMost(130, ours.paced, megabytes),
      },
      { what: '  after as many as it takes', ...beside(ours.flooded, theirs.flooded, megabytes) },
    ],
    notes: [
      'Reviews of new A records in the zone, every tenth at the name of an alias and refused, for which the API server is ' +
        'asked every 5 s whether the alias may be named, over 20 kept TLS connections, sent to the validating path by the process ' +
        'of this bench. The webhook is dist/webhook.mjs.',
      'Rival: a server of node:https that parses the review and allows it, asked the same before.',
    ],
  }
}
