import { API_GROUP, kinds } from '#crds'
import type { KubeClient } from '#kube'
import { until } from '../../cluster/until.ts'
import type { Namespace } from '../../controller/e2e/namespace.ts'

export interface Refusal {
  /** Of the objects that the API server refuses in the namespace. */
  readonly name: string
  readonly kind?: string
  readonly operation?: 'CREATE' | 'DELETE'
  /** Whether it refuses dry runs too, or does not tell before it is written. */
  readonly inDryRuns?: boolean
}

const path = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic'
const more: Record<string, object> = { ARecord: { ipv4Address: '192.0.2.1' }, TXTRecord: { text: ['probe'] } }

/** Has the API server refuse to create or delete records of a name, by a policy; returns what ends that. */
export async function refuse(
  kube: KubeClient,
  namespace: Namespace<string>,
  { name, kind = 'ARecord', operation = 'CREATE', inDryRuns = false }: Refusal,
): Promise<() => Promise<void>> {
  const metadata = { name: namespace.name }
  const resources = kinds.filter(one => one.kind === kind).map(({ plural }) => plural)
  const rules = [{ apiGroups: [API_GROUP], apiVersions: ['*'], resources, operations: [operation] }]
  const isOther = `!request.name.endsWith('${name}') || request.namespace != '${namespace.name}'`
  const expression = inDryRuns ? isOther : `request.dryRun || ${isOther}`
  const validations = [{ expression, message: `${name} is not to be written` }]
  const spec = { failurePolicy: 'Fail', matchConstraints: { resourceRules: rules }, validations }
  await kube.create(`${path}ies`, { metadata, spec })
  await kube.create(`${path}ybindings`, { metadata, spec: { policyName: namespace.name, validationActions: ['Deny'] } })
  const probe = { kind, metadata: { name: `probe-${name}` } }
  const probed = async () => {
    const made = await namespace.create(kind, probe.metadata.name, { zone: 'probe.example', name: 'a', ...more[kind] })
    await namespace.delete(made)
  }
  const passes = () =>
    probed().then(
      () => true,
      () => false,
    )
  await until('the policy holds', async () => !(await passes()))
  return async () => {
    await kube.delete(`${path}ybindings/${namespace.name}`)
    await kube.delete(`${path}ies/${namespace.name}`)
    await until('the policy is gone', async () => {
      await namespace.delete(probe).catch(() => {})
      return passes()
    })
  }
}
