import { API_GROUP, API_VERSION, type Bind9Instance, type DNSZone, instanceKind, kinds, zoneKind } from '#crds'
import { KubeApiError, resourcePath } from '#kube'
import type { Cluster, Scope } from '../cluster.ts'
import { readiness, remedyOf } from '../condition.ts'
import { BIN } from '../name.ts'
import { readable } from '../readable.ts'
import { counted } from '../screen/count.ts'
import { printKeyed } from '../screen/keyed.ts'
import { type Reach, STRAIGHT } from '../server/reach.ts'
import { shownName } from '../zone/find.ts'
import { zoneHealth } from '../zone/health.ts'
import { checkController } from './controller.ts'
import type { Category, CheckHead, CheckResult } from './finding.ts'
import { checkWebhook } from './webhook.ts'

export interface CheckOptions {
  readonly scope: Scope
  readonly reach: Reach
  readonly nowMs: number
  /** Only what must hold before Bindy is installed. */
  readonly pre: boolean
  readonly only: readonly Category[]
}

/**
 * Runs the checks of some categories. One that cannot be made says so; the others are made nevertheless. Without what
 * they all stand on none can be made, so that its fault is told whichever are asked for.
 */
export async function runChecks(cluster: Cluster, options: CheckOptions): Promise<CheckResult[]> {
  const { only, scope, reach, nowMs } = options
  const server = await checkServer(cluster)
  if (server.state !== 'ok') return [server]
  if (options.pre) return [server, await checkRights(cluster)]
  const crds = await checkCrds(cluster)
  if (crds.state === 'failed') return [server, crds]
  const beyond = await Promise.all([
    only.includes('controller') ? checkController(cluster, nowMs) : [],
    only.includes('webhook') ? checkWebhook(cluster, nowMs) : [],
    only.includes('dns') ? checkInstances(cluster, scope, reach) : [],
    only.includes('dns') ? checkZones(cluster, scope) : [],
  ])
  return [...(only.includes('kubernetes') ? [server, crds] : []), ...beyond.flat()]
}

async function checkServer({ client, signal }: Cluster): Promise<CheckResult> {
  const head = { id: 'BND-C001', category: 'kubernetes' } as const
  try {
    const { gitVersion } = await client.get<{ gitVersion: string }>('/version', { signal })
    return { ...head, state: 'ok', text: `API reachable (${gitVersion})` }
  } catch (error) {
    signal.throwIfAborted()
    return { ...head, state: 'unknown', text: (error as Error).message, fix: 'kubectl cluster-info' }
  }
}

interface Review {
  readonly status: { readonly allowed: boolean }
}

async function checkRights({ client, signal }: Cluster): Promise<CheckResult> {
  const head = { id: 'BND-C002', category: 'kubernetes' } as const
  const resourceAttributes = { verb: 'create', group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' }
  const path = resourcePath({ group: 'authorization.k8s.io', version: 'v1', plural: 'selfsubjectaccessreviews' })
  const { status } = await client.create<Review>(path, { spec: { resourceAttributes } }, { signal })
  return status.allowed
    ? { ...head, state: 'ok', text: 'you may create the CRDs' }
    : {
        ...head,
        state: 'failed',
        text: 'you may not create CustomResourceDefinitions',
        fix: 'ask whoever runs the cluster to install them',
      }
}

interface ApiResources {
  readonly resources: readonly { readonly name: string }[]
}

async function checkCrds({ client, signal }: Cluster): Promise<CheckResult> {
  const head = { id: 'BND-C003', category: 'kubernetes' } as const
  const fix = 'kubectl apply --server-side -f crds/'
  try {
    const { resources } = await client.get<ApiResources>(`/apis/${API_GROUP}/${API_VERSION}`, { signal })
    const there = new Set(resources.map(({ name }) => name))
    const missing = kinds.filter(({ plural }) => !there.has(plural)).map(({ plural }) => plural)
    return missing.length === 0
      ? { ...head, state: 'ok', text: `all ${kinds.length} kinds are installed` }
      : { ...head, state: 'failed', text: `kinds that are not installed: ${missing.join(', ')}`, fix }
  } catch (error) {
    if (!(error instanceof KubeApiError)) throw error
    return error.status === 404
      ? { ...head, state: 'failed', text: 'no kind of Bindy is installed', fix }
      : { ...head, state: 'unknown', text: error.message }
  }
}

const answering: CheckHead = { id: 'BND-C031', category: 'dns' }
const signing: CheckHead = { id: 'BND-C032', category: 'dns' }
const serving: CheckHead = { id: 'BND-C034', category: 'dns' }

async function checkInstances(cluster: Cluster, scope: Scope, reach: Reach): Promise<CheckResult[]> {
  const { items, needs } = await readable<Bind9Instance>(cluster, instanceKind, scope)
  const unread = needs.map(
    (right): CheckResult => ({ ...answering, state: 'unknown', text: `servers: needs ${right}` }),
  )
  const found = await Promise.all(items.map(instance => checkInstance(instance, reach)))
  return [...unread, ...found, ...items.flatMap(checkKeys)]
}

// Its keys are the controller's to read: this command may not.
function checkKeys(instance: Bind9Instance): CheckResult[] {
  const { reason, message } = readiness(instance)
  if (reason !== 'WeakKey') return []
  return [{ ...signing, state: 'warning', text: `${printKeyed(instance)}: ${message}`, fix: remedyOf(reason) }]
}

async function checkInstance(instance: Bind9Instance, reach: Reach): Promise<CheckResult> {
  const head = answering
  const { status, reason, message } = readiness(instance)
  const name = printKeyed(instance)
  const answer = await reach.rndc(instance, client => client.status())
  if ('value' in answer && status === 'True') {
    const by = answer.way === STRAIGHT ? '' : ` by ${answer.way}`
    return { ...head, state: 'ok', text: `${name} answers${by} (BIND ${answer.value.version})` }
  }
  // The controller reaches it, and this machine may be elsewhere: what it says counts.
  if (status === 'True')
    return {
      ...head,
      state: 'ok',
      text: `${name} answers the controller${'needs' in answer ? '' : ', not this machine'}`,
    }
  const fault = status === 'False' ? `${reason}: ${message}` : 'value' in answer ? message : answer.fault
  return { ...head, state: 'failed', text: `${name}: ${fault}`, fix: remedyOf(reason) }
}

async function checkZones(cluster: Cluster, scope: Scope): Promise<CheckResult[]> {
  const { items, needs } = await readable<DNSZone>(cluster, zoneKind, scope)
  const unread = needs.map((right): CheckResult => ({ ...serving, state: 'unknown', text: `zones: needs ${right}` }))
  return [...unread, ...judgeZones(items)]
}

function judgeZones(zones: readonly DNSZone[]): CheckResult[] {
  const head = serving
  const judged = zones.map(zone => ({ zone, health: zoneHealth(zone) }))
  const late = judged.filter(({ health }) => health.phase !== 'Healthy')
  if (zones.length > 0 && late.length === 0) {
    const all = counted(zones.length, 'zone is served by all its', 'zones are served by all their')
    return [{ ...head, state: 'ok', text: `${all} servers` }]
  }
  return late.map(({ zone, health: { phase, verdict, servers } }) => {
    const behind = servers.filter(({ isCurrent }) => !isCurrent).map(({ instance }) => instance)
    const text =
      phase === 'Degraded'
        ? `${verdict.reason}: ${verdict.message}`
        : `${phase}: waiting for ${behind.join(', ') || 'the controller'}`
    const fix = `${BIN} status zone ${shownName(zone.spec.zoneName)} -n ${zone.metadata.namespace} --live`
    return {
      ...head,
      state: phase === 'Degraded' ? 'failed' : 'warning',
      text: `${shownName(zone.spec.zoneName)}: ${text}`,
      fix,
    }
  })
}
