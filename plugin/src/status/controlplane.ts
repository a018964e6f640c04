import { type ApiObject, isNotFound, KubeApiError, resourcePath } from '#kube'
import type { Cluster } from '../cluster.ts'
import { type Reading, reading } from '../reading.ts'

/** The process that holds the controller's Lease. */
export interface Holder {
  readonly identity: string
  readonly namespace: string
  /** Whether it has renewed the Lease in time. */
  readonly isAlive: boolean
}

/** The webhook, as the API server is told of it. */
export interface Registration {
  /** Whether objects are refused while it does not answer. */
  readonly failsClosed: boolean
}

/** The same with what is for `check` to judge. */
export interface Webhook extends Registration {
  /** The authorities by which the API server knows it, in base64; absent where none are registered. */
  readonly caBundle?: string | undefined
}

export interface ControlPlane {
  readonly controller: Reading<Holder | undefined>
  readonly webhook: Reading<Webhook | undefined>
}

const LEASE = 'bindy-controller'
const leases = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' }
const configurations = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'validatingwebhookconfigurations',
}

/** Who runs beside the objects: the controller that holds the Lease, and the webhook. */
export async function readControlPlane(cluster: Cluster, nowMs: number): Promise<ControlPlane> {
  const [controller, webhook] = await Promise.all([readController(cluster, nowMs), readWebhook(cluster)])
  return { controller, webhook }
}

/** Who holds the controller's Lease; undefined where nobody does. */
export function readController(cluster: Cluster, nowMs: number): Promise<Reading<Holder | undefined>> {
  return reading('list leases.coordination.k8s.io', () => findHolder(cluster, nowMs))
}

/** The webhook's registration; undefined where there is none. */
export function readWebhook(cluster: Cluster): Promise<Reading<Webhook | undefined>> {
  return reading('get validatingwebhookconfigurations', () => findWebhook(cluster))
}

interface Lease extends ApiObject {
  readonly spec?: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly renewTime?: string
  }
}

// It may run in any namespace. Who may not look in all of them may look where the manifests put it.
async function findHolder({ client, signal }: Cluster, nowMs: number): Promise<Holder | undefined> {
  const query = { fieldSelector: `metadata.name=${LEASE}` }
  const found = await client.list<Lease>(resourcePath(leases), { query, signal }).catch((error: unknown) => {
    if (!(error instanceof KubeApiError && error.status === 403)) throw error
    return client.list<Lease>(resourcePath(leases, { namespace: 'bindy-system' }), { query, signal })
  })
  const holders = found.items.map(lease => holderOf(lease, nowMs)).filter(holder => holder !== undefined)
  return holders.find(({ isAlive }) => isAlive) ?? holders[0]
}

function holderOf({ metadata, spec = {} }: Lease, nowMs: number): Holder | undefined {
  const { holderIdentity: identity, leaseDurationSeconds = 15, renewTime } = spec
  if (!identity) return undefined
  const isAlive = renewTime !== undefined && nowMs - Date.parse(renewTime) < leaseDurationSeconds * 1000
  return { identity, namespace: metadata.namespace ?? '', isAlive }
}

interface Configuration extends ApiObject {
  readonly webhooks?: readonly {
    readonly failurePolicy?: string
    readonly clientConfig?: { readonly caBundle?: string }
  }[]
}

async function findWebhook(cluster: Cluster): Promise<Webhook | undefined> {
  const configuration = await findConfiguration(cluster)
  if (!configuration) return undefined
  const { webhooks = [] } = configuration
  return {
    failsClosed: webhooks.some(({ failurePolicy }) => failurePolicy !== 'Ignore'),
    caBundle: webhooks.find(({ clientConfig }) => clientConfig?.caBundle)?.clientConfig?.caBundle,
  }
}

async function findConfiguration({ client, signal }: Cluster): Promise<Configuration | undefined> {
  try {
    return await client.get<Configuration>(resourcePath(configurations, { name: 'bindy-validate' }), { signal })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
