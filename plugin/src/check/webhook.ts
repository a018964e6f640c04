import { recordKinds } from '#crds'
import { KubeApiError, KubeClient } from '#kube'
import { Cluster, newObject } from '../cluster.ts'
import { FIELD_MANAGER, version } from '../name.ts'
import type { CheckResult } from './finding.ts'

/** Sends a record that the webhook alone refuses, to be checked and not kept, and sees who answers. */
export async function probeWebhook(cluster: Cluster): Promise<Pick<CheckResult, 'state' | 'text' | 'fix'>> {
  const kind = recordKinds.find(({ kind }) => kind === 'ARecord')
  if (!kind) throw new Error(`No A records in version ${version}`)
  const at = { namespace: cluster.namespace, name: 'bindy-check.invalid' }
  const probe = newObject(kind, at, {
    zone: 'bindy-check.invalid',
    name: 'elsewhere.invalid.',
    ipv4Address: '192.0.2.1',
  })
  // Warnings of the webhook would be about the probe.
  const quiet = new Cluster(new KubeClient(cluster.client.connection, { retries: 0 }), cluster)
  const beganMs = performance.now()
  try {
    await quiet.apply(kind, probe, { fieldManager: FIELD_MANAGER, isDryRun: true })
  } catch (error) {
    if (!(error instanceof KubeApiError)) throw error
    if (error.status === 422)
      return { state: 'ok', text: `webhook answers a dry-run create (${Math.round(performance.now() - beganMs)} ms)` }
    if (error.status === 403) return { state: 'unknown', text: 'webhook: needs create and patch arecords' }
    if (!/failed calling webhook/.test(error.said)) return { state: 'unknown', text: `webhook: ${error.said}` }
    const fix =
      'until it runs again, changes are let in by: kubectl delete validatingwebhookconfiguration bindy-validate'
    return { state: 'failed', text: error.said, fix }
  }
  return {
    state: 'failed',
    text: 'webhook is registered, but lets through what it must refuse',
    fix: 'start it again: it registers itself anew',
  }
}
