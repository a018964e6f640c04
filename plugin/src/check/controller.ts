import type { Cluster } from '../cluster.ts'
import { readController } from '../status/controlplane.ts'
import type { CheckHead, CheckResult } from './finding.ts'

const head: CheckHead = { id: 'BND-C011', category: 'controller' }

/** Whether a controller holds its Lease, and renews it in time. */
export async function checkController(cluster: Cluster, nowMs: number): Promise<CheckResult[]> {
  const controller = await readController(cluster, nowMs)
  if ('needs' in controller) return [{ ...head, state: 'unknown', text: `controller: needs ${controller.needs}` }]
  return controller.value?.isAlive
    ? [{ ...head, state: 'ok', text: `controller ${controller.value.identity} holds its Lease` }]
    : [{ ...head, state: 'failed', text: 'no controller holds its Lease', fix: 'start it: the README says how' }]
}
