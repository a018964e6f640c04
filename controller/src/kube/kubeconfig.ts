import { isAbsolute, join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node/dist/config.js'
import { load } from 'js-yaml'

interface User {
  readonly name: string
  readonly exec?: { command?: string } | null
  impersonateUser?: string
  impersonateGroups?: readonly string[]
}

/** A kubeconfig with what the library leaves out: `as-groups`, and an exec command relative to its file. */
export class FullKubeConfig extends KubeConfig {
  /** Whom the context's user acts as, by the kubeconfig. */
  get impersonated(): { readonly user: string | undefined; readonly groups: readonly string[] } {
    const user = this.getCurrentUser() as User | null
    return { user: user?.impersonateUser, groups: user?.impersonateGroups ?? [] }
  }

  /** Reads files after the manner of KUBECONFIG: the first that names something wins. */
  loadFromFiles([first, ...others]: readonly [string, ...string[]]): void {
    this.loadFromFile(first)
    for (const file of others) {
      const more = new FullKubeConfig()
      more.loadFromFile(file)
      this.mergeConfig(more)
    }
  }

  override loadFromString(text: string): void {
    super.loadFromString(text)
    const groups = groupsIn(load(text))
    for (const user of this.users as User[]) {
      const found = groups.get(user.name)
      if (found) user.impersonateGroups = found
    }
  }

  override makePathsAbsolute(directory: string): void {
    super.makePathsAbsolute(directory)
    // A bare word is looked up in PATH.
    for (const { exec } of this.users as User[]) {
      const command = exec?.command
      if (exec && command && /[/\\]/.test(command) && !isAbsolute(command)) exec.command = join(directory, command)
    }
  }
}

function groupsIn(config: unknown): ReadonlyMap<string, readonly string[]> {
  const { users } = (config ?? {}) as { users?: readonly { name: string; user?: { 'as-groups'?: string[] } }[] }
  const given = (users ?? []).flatMap(({ name, user }) =>
    user?.['as-groups'] ? [[name, user['as-groups']] as const] : [],
  )
  return new Map(given)
}
