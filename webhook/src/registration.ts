import { API_GROUP, API_VERSION, instanceKind, type Kind, kinds, zoneKind } from '#crds'
import { KubeApiError, type KubeClient, resourcePath } from '#kube'

/** How the API server reaches the webhook: by a URL from outside a cluster, or by a Service in it. */
export type Reach =
  | { readonly url: string }
  | { readonly service: { readonly namespace: string; readonly name: string } }

/** The host names and addresses that the API server calls the webhook by. */
export function hostsOf(reach: Reach): string[] {
  if ('url' in reach) return [new URL(reach.url).hostname.replace(/^\[(.*)\]$/, '$1')]
  const name = `${reach.service.name}.${reach.service.namespace}.svc`
  return [name, `${name}.cluster.local`]
}

/** Kinds whose deletion is judged. */
export const guardedKinds: readonly Kind[] = [zoneKind, instanceKind]

/** What the webhook is asked of a kind's objects: to fill one in, to judge one, to judge whether one may go. */
export type Call = 'mutate' | 'validate' | 'delete'

/** What becomes of a request that nobody judged, as the API server is told. */
export const failurePolicies: Readonly<Record<Call, 'Fail' | 'Ignore'>> = {
  mutate: 'Ignore',
  validate: 'Fail',
  // What is to go can go, with its namespace too, while the webhook is away.
  delete: 'Ignore',
}

/** The path of a kind, as kubebuilder names it; that of "validate" is for deletions too. */
export function pathOf(verb: 'mutate' | 'validate', { kind }: Kind): string {
  return `/${verb}-${API_GROUP.replaceAll('.', '-')}-${API_VERSION}-${kind.toLowerCase()}`
}

/** The fields that this webhook owns of its configurations. */
const FIELD_MANAGER = 'bindy-webhook'

/**
 * Tells the API server to ask this webhook, and to trust what `caBundle` signs. Whatever another replica, or an older
 * version, said before is replaced.
 */
export async function register(client: KubeClient, reach: Reach, caBundle: string | undefined): Promise<void> {
  for (const [plural, configuration] of configurations(reach, caBundle)) {
    const query = { fieldManager: FIELD_MANAGER, force: true }
    await client.patch(pathOfConfiguration(plural, configuration.metadata.name), configuration, {
      type: 'apply',
      query,
    })
  }
}

/** What the API server trusts of a webhook of ours that has registered, PEM; empty where none has. */
export async function trustedBundle(client: KubeClient): Promise<string> {
  try {
    const path = pathOfConfiguration('validatingwebhookconfigurations', 'bindy-validate')
    const { webhooks = [] } = await client.get<{ webhooks?: { clientConfig: { caBundle?: string } }[] }>(path)
    return Buffer.from(webhooks[0]?.clientConfig.caBundle ?? '', 'base64').toString()
  } catch (error) {
    if (error instanceof KubeApiError && error.status === 404) return ''
    throw error
  }
}

function pathOfConfiguration(plural: string, name: string): string {
  return resourcePath({ group: 'admissionregistration.k8s.io', version: 'v1', plural }, { name })
}

/** Both configurations, by their plural. */
export function configurations(reach: Reach, caBundle: string | undefined) {
  const callTo = (verb: 'mutate' | 'validate', kind: Kind) => ({
    ...(caBundle && { caBundle: Buffer.from(caBundle).toString('base64') }),
    ...at(reach, pathOf(verb, kind)),
  })
  const mutating = kinds.map(kind => ({
    ...entry(kind, 'mutate', ['CREATE', 'UPDATE']),
    clientConfig: callTo('mutate', kind),
    timeoutSeconds: 2,
    reinvocationPolicy: 'Never',
    matchConditions: writes('mutate'),
  }))
  const validating = kinds.map(kind => ({
    ...entry(kind, 'validate', ['CREATE', 'UPDATE']),
    clientConfig: callTo('validate', kind),
    timeoutSeconds: 5,
    matchConditions: writes('validate'),
  }))
  const guarding = guardedKinds.map(kind => ({
    ...entry(kind, 'delete', ['DELETE']),
    clientConfig: callTo('validate', kind),
    timeoutSeconds: 5,
  }))
  return [
    ['mutatingwebhookconfigurations', configuration('MutatingWebhookConfiguration', 'bindy-mutate', mutating)],
    [
      'validatingwebhookconfigurations',
      configuration('ValidatingWebhookConfiguration', 'bindy-validate', [...validating, ...guarding]),
    ],
  ] as const
}

function configuration(kind: string, name: string, webhooks: readonly object[]) {
  return { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name }, webhooks }
}

function entry({ plural }: Kind, call: Call, operations: readonly string[]) {
  return {
    name: nameOf(plural, call),
    rules: [
      { apiGroups: [API_GROUP], apiVersions: [API_VERSION], resources: [plural], operations, scope: 'Namespaced' },
    ],
    failurePolicy: failurePolicies[call],
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    matchPolicy: 'Equivalent',
  }
}

// All that kubectl prints when the webhook is away is this name and an address: so it says what to delete.
function nameOf(plural: string, call: Call): string {
  const configuration = call === 'mutate' ? 'bindy-mutate.mutating' : 'bindy-validate.validating'
  return `${call === 'delete' ? 'delete-' : ''}${plural}.${configuration}webhookconfiguration.firestoned.io`
}

function at(reach: Reach, path: string): object {
  if ('url' in reach) return { url: new URL(path, reach.url).href }
  return { service: { ...reach.service, port: 443, path } }
}

const SAYS_ELSE = 'request.operation != "UPDATE" || object.?spec != oldObject.?spec'

// Labels, finalizers, and what is on its way out are nobody's to hold up. A label that is taken off is filled in again.
const writes = (call: Call) => [
  {
    name: 'says-something-else',
    expression: call === 'mutate' ? `${SAYS_ELSE} || object.metadata.?labels != oldObject.metadata.?labels` : SAYS_ELSE,
  },
  {
    name: 'is-to-stay',
    expression: '!has(object.metadata.deletionTimestamp)',
  },
]
