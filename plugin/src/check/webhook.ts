import { recordKinds } from '#crds'
import { KubeApiError, KubeClient } from '#kube'
import { Cluster, newObject } from '../cluster.ts'
import { FIELD_MANAGER, version } from '../name.ts'
import { readWebhook } from '../status/controlplane.ts'
import { judgeAuthority } from './authority.ts'
import type { CheckHead, CheckResult } from './finding.ts'

const head: CheckHead = { id: 'BND-C021', category: 'webhook' }

/** Whether the webhook is registered and answers, and for how long the API server will trust it. */
export async function checkWebhook(cluster: Cluster, nowMs: number): Promise<CheckResult[]> {
  const webhook = await readWebhook(cluster)
  if ('needs' in webhook) return [{ ...head, state: 'unknown', text: `webhook: needs ${webhook.needs}` }]
  if (!webhook.value) return [{ ...head, state: 'warning', text: 'no webhook: faults show in status, not at once' }]
  const { caBundle } = webhook.value
  return [{ ...head, ...(await probe(cluster)) }, ...(caBundle ? judgeAuthority(caBundle, nowMs) : [])]
}

/** Sends a record that the webhook alone refuses, to be checked and not kept, and sees who answers. */
async function probe(cluster: Cluster): Promise<Pick<CheckResult, 'state' | 'text' | 'fix'>> {
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
