import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { API_GROUP, API_VERSION } from '#crds'
import { nowMs } from './clock.ts'

const PATH = '/validate-bindy-firestoned-io-v1alpha1-arecord?timeout=5s'
/** As many as an API server keeps open under load. */
const CONNECTIONS = 20

/** Sends reviews as the API server does, over TLS connections that are kept. */
export class Reviewer {
  readonly #pool: Pool
  readonly #zone: string
  #count = 0
  refused = 0

  constructor(port: number, ca: string, zone: string) {
    this.#pool = new Pool(`https://127.0.0.1:${port}`, { connections: CONNECTIONS, connect: { ca }, allowH2: false })
    this.#zone = zone
  }

  stop(): Promise<void> {
    return this.#pool.close()
  }

  /** Milliseconds that each of `count` reviews took, of which so many are sent in a second, evenly. */
  async paced(count: number, { perSecond }: { readonly perSecond: number }): Promise<number[]> {
    const startMs = nowMs()
    const times: Promise<number>[] = []
    for (let i = 0; i < count; i++) {
      await pause(Math.max(0, startMs + (i * 1_000) / perSecond - nowMs()))
      times.push(this.#timed())
    }
    return Promise.all(times)
  }

  /** How many reviews are answered in a second when as many are under way as there are connections. */
  async flood(forMs: number): Promise<number> {
    const startMs = nowMs()
    let answered = 0
    const work = async () => {
      for (; nowMs() < startMs + forMs; answered++) await this.#timed()
    }
    await Promise.all(Array.from({ length: CONNECTIONS }, work))
    return (answered * 1_000) / (nowMs() - startMs)
  }

  async #timed(): Promise<number> {
    const startMs = nowMs()
    const headers = { 'content-type': 'application/json' }
    const { statusCode, body } = await this.#pool.request({ path: PATH, method: 'POST', headers, body: this.#review() })
    const text = await body.text()
    if (statusCode !== 200 || !text.includes('"uid":"')) throw new Error(`Cannot measure: ${statusCode} ${text}`)
    if (text.includes('"allowed":false')) this.refused++
    return nowMs() - startMs
  }

  // Another record of the zone each time, every tenth of them at a name that is taken by an alias.
  #review(): string {
    const i = this.#count++
    const apiVersion = `${API_GROUP}/${API_VERSION}`
    const name = i % 10 === 0 ? 'alias' : `host-${i % 20_000}`
    const object = {
      ...{ apiVersion, kind: 'ARecord' },
      metadata: {
        name: `review-${i}`,
        namespace: 'default',
        uid: `00000000-0000-0000-0000-${String(i).padStart(12, '0')}`,
        creationTimestamp: '2026-11-21T12:00:00Z',
        labels: { [`${API_GROUP}/zone`]: this.#zone },
        managedFields: [
          { manager: 'kubectl', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:zone': {}, 'f:name': {} } } },
        ],
      },
      spec: { zone: this.#zone, name, ttl: 300, ipv4Address: '192.0.2.1' },
    }
    const resource = { group: API_GROUP, version: API_VERSION, resource: 'arecords' }
    const kind = { group: API_GROUP, version: API_VERSION, kind: 'ARecord' }
    const request = {
      ...{ uid: `review-${i}`, kind, resource, requestKind: kind, requestResource: resource },
      ...{ name: object.metadata.name, namespace: 'default', operation: 'CREATE', dryRun: false },
      userInfo: { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
      object,
      oldObject: null,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'kubectl' },
    }
    return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request })
  }
}
