import { backoffMs, sleep } from './backoff.ts'
import type { KubeClient } from './client.ts'
import { isConflict, isNotFound, KubeApiError } from './error.ts'
import { type Log, silentLog } from './log.ts'
import { type ApiObject, microTime, resourcePath } from './object.ts'

export interface LeaseOptions {
  readonly client: KubeClient
  readonly namespace: string
  readonly name: string
  /** Who holds the lease: unique among the candidates; one that comes back under it need not wait. */
  readonly identity: string
  readonly signal: AbortSignal
  readonly log?: Log
  /** After how long without renewal others may take it; default 15. */
  readonly durationSeconds?: number
  /** How often the holder renews; default 5000. */
  readonly renewMs?: number
  /** How often the others look; default 1000. */
  readonly retryMs?: number
}

interface Lease extends ApiObject {
  readonly spec: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly acquireTime?: string
    readonly renewTime?: string
    readonly leaseTransitions?: number
  }
}

const resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' }

/**
 * Runs the body while this process holds the Lease, again each time it wins it, until the signal is aborted or the body
 * ends by itself. The body's signal is aborted when the Lease is lost; the Lease is given up only after the body ended,
 * so that a successor finds nobody at work.
 */
export async function runAsLeader(
  options: LeaseOptions,
  body: (options: { signal: AbortSignal }) => Promise<void>,
): Promise<void> {
  const { signal, log = silentLog, name, identity } = options
  while (!signal.aborted) {
    const held = await acquire(options)
    if (!held) return
    log.info('Lease acquired', { name, identity })
    const outcome = await lead(options, held, body)
    if (outcome === 'ended') return
    if (!signal.aborted) log.warn('Lease lost', { name, identity })
  }
}

async function lead(
  options: LeaseOptions,
  held: Lease,
  body: (options: { signal: AbortSignal }) => Promise<void>,
): Promise<'ended' | 'lost'> {
  const lost = new AbortController()
  const done = new AbortController()
  const signal = AbortSignal.any([options.signal, lost.signal])
  const renewing = renew(options, held, AbortSignal.any([signal, done.signal])).then(last => {
    if (!last) lost.abort(new Error(`Lease ${options.name} lost`))
    return last
  })
  try {
    if (!signal.aborted) await body({ signal })
    return lost.signal.aborted ? 'lost' : 'ended'
  } catch (error) {
    if (signal.aborted) return lost.signal.aborted ? 'lost' : 'ended'
    throw error
  } finally {
    done.abort()
    const last = await renewing
    if (last) await release(options, last)
  }
}

// Returns the Lease as taken, or undefined when the signal was aborted first.
async function acquire(options: LeaseOptions): Promise<Lease | undefined> {
  const { signal, retryMs = 1000, log = silentLog, name } = options
  const seen = { version: undefined as string | undefined, sinceMs: 0 }
  for (let failures = 0, said = ''; !signal.aborted; ) {
    try {
      const taken = await tryTake(options, seen)
      if (taken) return taken
      failures = 0
    } catch (error) {
      if (signal.aborted) return undefined
      const isTaken = error instanceof KubeApiError && error.status === 409
      if (!isTaken) failures++
      const { message } = error as Error
      if (message !== said && !isTaken) log.warn('Cannot take the Lease, trying again', { name, error: message })
      said = message
    }
    const pauseMs =
      failures === 0 ? retryMs * (0.8 + Math.random() * 0.4) : backoffMs(failures, { baseMs: retryMs, capMs: 10_000 })
    await sleep(pauseMs, { signal }).catch(() => {})
  }
  return undefined
}

async function tryTake(
  options: LeaseOptions,
  seen: { version: string | undefined; sinceMs: number },
): Promise<Lease | undefined> {
  const found = await read(options)
  if (!found) return write(options, undefined, options.identity)
  if (found.metadata.resourceVersion !== seen.version) {
    seen.version = found.metadata.resourceVersion
    seen.sinceMs = performance.now()
  }
  return isFree(options, found, performance.now() - seen.sinceMs) ? write(options, found, options.identity) : undefined
}

// Clocks differ, so what counts is how long we saw it unrenewed. A renewal long past by any clock need not be waited for.
function isFree({ identity }: LeaseOptions, { spec }: Lease, unrenewedMs: number): boolean {
  const durationMs = (spec.leaseDurationSeconds ?? 15) * 1000
  if (!spec.holderIdentity || spec.holderIdentity === identity) return true
  const longPast = Date.parse(spec.renewTime ?? '') < Date.now() - Math.max(60_000, 4 * durationMs)
  return unrenewedMs >= durationMs || longPast
}

// Returns the last Lease written when told to stop, undefined when it was lost.
async function renew(options: LeaseOptions, held: Lease, signal: AbortSignal): Promise<Lease | undefined> {
  const { durationSeconds = 15, renewMs = 5000, retryMs = 1000 } = options
  let last: Lease = held
  let renewedMs = performance.now()
  let pauseMs = renewMs
  for (;;) {
    await sleep(pauseMs, { signal }).catch(() => {})
    if (signal.aborted) return last
    const startedMs = performance.now()
    try {
      last = await write(options, last, options.identity, { timeoutMs: renewMs })
      renewedMs = startedMs
      pauseMs = renewMs
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) {
        const found = await read(options).catch(() => undefined)
        if (found && found.spec.holderIdentity !== options.identity) return undefined
        if (found) last = found
      }
      pauseMs = retryMs
    }
    // The body needs the rest of the duration to stop before a successor starts.
    if (performance.now() - renewedMs > durationSeconds * 850) return undefined
  }
}

async function release(options: LeaseOptions, last: Lease): Promise<void> {
  const log = options.log ?? silentLog
  try {
    await write(options, last, '', { timeoutMs: 2000 })
    log.info('Lease released', { name: options.name, identity: options.identity })
  } catch (error) {
    log.warn('Lease not released, it will run out', { name: options.name, error: (error as Error).message })
  }
}

async function read({ client, namespace, name, signal }: LeaseOptions): Promise<Lease | undefined> {
  try {
    return await client.get<Lease>(resourcePath(resource, { namespace, name }), { signal, retries: 0 })
  } catch (error) {
    if (error instanceof KubeApiError && error.status === 404) return undefined
    throw error
  }
}

// Replaced, never merged: with the resourceVersion read, of two candidates one gets a 409.
function write(
  { client, namespace, name, durationSeconds = 15 }: LeaseOptions,
  previous: Lease | undefined,
  holder: string,
  { timeoutMs = 5000 } = {},
): Promise<Lease> {
  const now = microTime(Date.now())
  const isSame = previous?.spec.holderIdentity === holder
  const transitions = previous?.spec.leaseTransitions ?? 0
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace, resourceVersion: previous?.metadata.resourceVersion },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: holder === '' ? 1 : durationSeconds,
      acquireTime: isSame ? (previous?.spec.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: isSame || !previous || holder === '' ? transitions : transitions + 1,
    },
  }
  const call = { signal: AbortSignal.timeout(timeoutMs), retries: 0 }
  return previous
    ? client.update<Lease>(resourcePath(resource, { namespace, name }), lease, call)
    : client.create<Lease>(resourcePath(resource, { namespace }), lease, call)
}
