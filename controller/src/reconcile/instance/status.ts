import { weaknessOf } from '#bind9'
import type {
  Bind9Cluster,
  Bind9Instance,
  BindyError,
  Claimed,
  ClusterStatus,
  Condition,
  InstanceStatus,
  Remark,
} from '#crds'
import { setCondition } from '#kube'
import type { Server } from './server.ts'

type Claim = Pick<Claimed, 'status' | 'reason' | 'message'>
type SeenServer = Pick<Server, 'version' | 'rndcKey' | 'tsigKey'>

/** The status that an instance's object should have: reached, or what stands against it. */
export function instanceStatus(
  instance: Bind9Instance,
  seen: { readonly server: SeenServer | undefined; readonly fault: BindyError | undefined },
  nowMs: number,
): InstanceStatus {
  const { server, fault } = seen
  const version = server?.version ?? instance.status?.version
  const claim: Claim = fault ? { status: 'False', reason: fault.reason, message: fault.message } : reached(server)
  return {
    observedGeneration: instance.metadata.generation,
    ...(version !== undefined && { version: version.slice(0, 128) }),
    conditions: ready(instance, claim, nowMs),
  }
}

function reached(server: SeenServer | undefined): Claim {
  const keys = server ? [server.rndcKey, server.tsigKey] : []
  const weak = keys.flatMap(key => {
    const why = weaknessOf(key)
    return why ? [`${key}: ${why}`] : []
  })
  const message = 'named answers over RNDC and signed DNS'
  if (weak.length === 0) return { status: 'True', reason: 'Reachable', message }
  return { status: 'True', reason: 'WeakKey', message: `${message}, by a weak key: ${[...new Set(weak)].join('; ')}` }
}

/** The status that a cluster's object should have: ready when all its instances are, and its catalog is followed. */
export function clusterStatus(
  cluster: Bind9Cluster,
  members: readonly Bind9Instance[],
  seen: {
    readonly isReady: (instance: Bind9Instance) => boolean
    /** The catalog zone while there is one, and what stands against it. */
    readonly catalog?: { readonly name: string; readonly remark: Remark | undefined } | undefined
  },
  nowMs: number,
): ClusterStatus {
  const { isReady, catalog } = seen
  const readyInstances = members.filter(isReady).length
  const waiting = members.filter(member => !isReady(member)).map(member => member.metadata.name)
  const claim: Claim =
    members.length === 0
      ? {
          status: 'False',
          reason: 'NoInstances',
          message: 'No Bind9Instance names this cluster in clusterRef',
        }
      : waiting.length > 0
        ? {
            status: 'False',
            reason: 'InstancesNotReady',
            message: `Not ready: ${waiting.sort().join(', ')}`,
          }
        : catalog?.remark
          ? { status: 'False', ...catalog.remark }
          : { status: 'True', reason: 'AllReady', message: 'All instances are ready' }
  return {
    observedGeneration: cluster.metadata.generation,
    instances: members.length,
    readyInstances,
    ...(catalog && { catalog: catalog.name }),
    conditions: ready(cluster, claim, nowMs),
  }
}

function ready(object: Bind9Instance | Bind9Cluster, claim: Claim, nowMs: number): Condition[] {
  return setCondition(
    object.status?.conditions,
    { type: 'Ready', ...claim, observedGeneration: object.metadata.generation },
    nowMs,
  )
}
