import { API_GROUP, API_VERSION, type Bind9Instance, kinds } from '#crds'
import { KubeApiError, resourcePath } from '#kube'
import type { Cluster, Scope } from '../cluster.ts'
import { readiness, remedyOf } from '../condition.ts'
import { BIN } from '../name.ts'
import { printKeyed } from '../screen/keyed.ts'
import type { Reach } from '../server/reach.ts'
import { readControlPlane } from '../status/controlplane.ts'
import { readWorld, type World } from '../status/world.ts'
import { shownName } from '../zone/find.ts'
import { zoneHealth } from '../zone/health.ts'
import type { CheckHead, CheckResult } from './finding.ts'
import { probeWebhook } from './webhook.ts'

export interface CheckOptions {
  readonly scope: Scope
  readonly reach: Reach
  readonly nowMs: number
  /** Only what must hold before Bindy is installed. */
  readonly pre: boolean
}

/** Runs all checks. One that cannot be made says so; the others are made nevertheless. */
export async function runChecks(cluster: Cluster, options: CheckOptions): Promise<CheckResult[]> {
  const server = await checkServer(cluster)
  if (server.state === 'failed' || server.state === 'unknown') return [server]
  if (options.pre) return [server, await checkRights(cluster)]
  const crds = await checkCrds(cluster)
  if (crds.state === 'failed') return [server, crds]
  const [plane, world] = await Promise.all([checkPlane(cluster, options.nowMs), readWorld(cluster, options.scope)])
  return [server, crds, ...plane, ...(await checkDns(world, options.reach))]
}

async function checkServer({ client, signal }: Cluster): Promise<CheckResult> {
  const head = { id: 'BND-C001', category: 'kubernetes' } as const
  try {
    const { gitVersion } = await client.get<{ gitVersion: string }>('/version', { signal })
    return { ...head, state: 'ok', text: `API reachable (${gitVersion})` }
  } catch (error) {
    signal.throwIfAborted()
    return { ...head, state: 'failed', text: (error as Error).message, fix: 'kubectl cluster-info' }
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

async function checkPlane(cluster: Cluster, nowMs: number): Promise<CheckResult[]> {
  const { controller, webhook } = await readControlPlane(cluster, nowMs)
  const lease: CheckHead = { id: 'BND-C011', category: 'control-plane' }
  const hook: CheckHead = { id: 'BND-C021', category: 'control-plane' }
  const holder: CheckResult =
    'needs' in controller
      ? { ...lease, state: 'unknown', text: `controller: needs ${controller.needs}` }
      : controller.value?.isAlive
        ? { ...lease, state: 'ok', text: `controller ${controller.value.identity} holds its Lease` }
        : { ...lease, state: 'failed', text: 'no controller holds its Lease', fix: 'start it: the README says how' }
  if ('needs' in webhook) return [holder, { ...hook, state: 'unknown', text: `webhook: needs ${webhook.needs}` }]
  if (!webhook.value)
    return [holder, { ...hook, state: 'warning', text: 'no webhook: faults show in status, not at once' }]
  return [holder, { ...hook, ...(await probeWebhook(cluster)) }]
}

async function checkDns(world: World, reach: Reach): Promise<CheckResult[]> {
  const servers = await Promise.all(world.instances.map(instance => checkInstance(instance, reach)))
  return [...servers, ...checkZones(world)]
}

async function checkInstance(instance: Bind9Instance, reach: Reach): Promise<CheckResult> {
  const head = { id: 'BND-C031', category: 'dns' } as const
  const { status, reason, message } = readiness(instance)
  const name = printKeyed(instance)
  const answer = await reach.rndc(instance, client => client.status())
  if ('value' in answer && status === 'True')
    return { ...head, state: 'ok', text: `${name} answers (BIND ${answer.value.version})` }
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

function checkZones({ zones }: World): CheckResult[] {
  const head = { id: 'BND-C034', category: 'dns' } as const
  const judged = zones.map(zone => ({ zone, health: zoneHealth(zone) }))
  const late = judged.filter(({ health }) => health.phase !== 'Healthy')
  if (late.length === 0)
    return zones.length === 0
      ? []
      : [{ ...head, state: 'ok', text: `all ${zones.length} zones are served by all their servers` }]
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
