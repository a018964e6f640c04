import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse, stringify } from 'yaml'
import { kinds } from '#crds'
import type { RunningApiServer } from '../cluster/index.ts'

const GROUP = 'rbac.authorization.k8s.io'

export interface Rights {
  /** Kinds that may be read, by their plurals. */
  readonly read?: readonly string[]
  /** Whether Secrets may be kept, and configurations written. */
  readonly mayRegister?: boolean
  /** Whether the API server may be asked what others may read. */
  readonly mayReview?: boolean
  /** Whether a namespace may be read: whether it is being deleted. */
  readonly mayReadNamespaces?: boolean
}

/** A kubeconfig of a user who may do what is granted. */
export function limitedKubeconfig(api: RunningApiServer): string {
  const kubeconfig = parse(readFileSync(api.kubeconfig, 'utf8'))
  for (const { user } of kubeconfig.users) user.as = 'limited'
  const path = join(dirname(api.kubeconfig), 'limited.kubeconfig')
  writeFileSync(path, stringify(kubeconfig), { mode: 0o600 })
  return path
}

/** Gives that user these rights in place of those that it had; all that a webhook needs where nothing is said. */
export async function grant(
  api: RunningApiServer,
  {
    read = kinds.map(({ plural }) => plural),
    mayRegister = true,
    mayReview = true,
    mayReadNamespaces = true,
  }: Rights = {},
): Promise<void> {
  const rules = [
    { apiGroups: ['bindy.firestoned.io'], resources: read, verbs: ['list', 'watch'] },
    ...(mayReadNamespaces ? [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get'] }] : []),
    ...(mayReview
      ? [{ apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] }]
      : []),
    ...(mayRegister
      ? [
          { apiGroups: [''], resources: ['secrets'], verbs: ['*'] },
          { apiGroups: ['admissionregistration.k8s.io'], resources: ['*'], verbs: ['*'] },
        ]
      : []),
  ]
  const roleRef = { apiGroup: GROUP, kind: 'ClusterRole', name: 'limited' }
  const subjects = [{ apiGroup: GROUP, kind: 'User', name: 'limited' }]
  const items = [
    { kind: 'ClusterRole', rules },
    { kind: 'ClusterRoleBinding', roleRef, subjects },
  ].map(object => ({ apiVersion: `${GROUP}/v1`, metadata: { name: 'limited' }, ...object }))
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  const { code, stderr } = await api.kubectl(['apply', '-f', '-'], { input })
  if (code !== 0) throw new Error(`Cannot grant rights: ${stderr}`)
}
