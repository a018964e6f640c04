import type { ConnectionFlags } from './base.ts'

/** kubectl with the flags of this command that lead it to the same cluster, for a command to be copied. */
export function kubectlFor(flags: ConnectionFlags): string {
  const { kubeconfig, context, cluster, user, as, 'as-group': groups = [] } = flags
  const one = Object.entries({ kubeconfig, context, cluster, user, as })
  const given = [...one, ...groups.map(group => ['as-group', group] as const)]
  const words = given.flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, shellWord(value)]))
  return ['kubectl', ...words].join(' ')
}

/** A word as a shell reads it: in quotes where it would make something else of it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
