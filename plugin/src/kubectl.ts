import type { ConnectionFlags } from './base.ts'

/** kubectl with the flags of this command that lead it to the same cluster, for a command to be copied. */
export function kubectlFor({ kubeconfig, context, cluster, user, as }: ConnectionFlags): string {
  const given = Object.entries({ kubeconfig, context, cluster, user, as })
  return ['kubectl', ...given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`]))].join(' ')
}
