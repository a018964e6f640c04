import { recordKinds } from '#crds'
import { KubeApiError } from '#kube'
import { type Cluster, newObject } from '../cluster.ts'
import { FIELD_MANAGER, version } from '../name.ts'
import type { CheckResult } from './finding.ts'

/** Sends a record that the webhook alone would refuse, to be checked and not kept, and sees who answers. */
export async function probeWebhook(cluster: Cluster): Promise<Pick<CheckResult, 'state' | 'text' | 'fix'>> {
  const kind = recordKinds.find(({ kind }) => kind === 'ARecord')
  if (!kind) throw new Error(`No A records in version ${version}`)
  const at = { namespace: cluster.namespace, name: 'bindy-check.invalid' }
  const probe = newObject(kind, at, { zone: 'bindy-check.invalid', name: 'probe', ipv4Address: '192.0.2.1' })
  const beganMs = performance.now()
  try {
    await cluster.apply(kind, probe, { fieldManager: FIELD_MANAGER, isDryRun: true })
  } catch (error) {
    if (!(error instanceof KubeApiError)) throw error
    if (error.status === 403) return { state: 'unknown', text: 'webhook: needs create arecords' }
    const isDown = /failed calling webhook/.test(error.said)
    const fix =
      'until it runs again, changes are let in by: kubectl delete validatingwebhookconfiguration bindy-validate'
    if (isDown) return { state: 'failed', text: error.said, fix }
  }
  return { state: 'ok', text: `webhook lets a dry-run create through (${Math.round(performance.now() - beganMs)} ms)` }
}
