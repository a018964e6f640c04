import { statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node/dist/config.js'
import { load } from 'js-yaml'

interface User {
  readonly name: string
  readonly exec?: { command?: string } | null
  impersonateUser?: string
  impersonateGroups?: readonly string[]
}

/** A kubeconfig with what the library leaves out: `as-groups`, and what exec plugins are promised. */
export class FullKubeConfig extends KubeConfig {
  /** What clusters have to tell exec plugins, by their names. */
  readonly execConfigs = new Map<string, unknown>()

  /** Whom the context's user acts as, by the kubeconfig. */
  get impersonated(): { readonly user: string | undefined; readonly groups: readonly string[] } {
    const user = this.getCurrentUser() as User | null
    return { user: user?.impersonateUser, groups: user?.impersonateGroups ?? [] }
  }

  /** Reads files as kubectl reads those of KUBECONFIG: the first that names something wins, one that is not there is none. */
  loadFromFiles(files: readonly string[]): void {
    const found = files.filter(file => statSync(file, { throwIfNoEntry: false }))
    if (found.length === 0) throw new Error('no such file')
    for (const file of found) {
      const more = new FullKubeConfig()
      more.loadFromFile(file)
      for (const [name, config] of more.execConfigs) if (!this.getCluster(name)) this.execConfigs.set(name, config)
      this.currentContext ||= more.currentContext
      this.contexts = firstByName([...this.contexts, ...more.contexts])
      this.clusters = firstByName([...this.clusters, ...more.clusters])
      this.users = firstByName([...this.users, ...more.users])
    }
  }

  override loadFromString(given: string): void {
    const text = given.trim() === '' ? '{}' : given
    super.loadFromString(text)
    const config = load(text)
    for (const [name, told] of execConfigsIn(config)) this.execConfigs.set(name, told)
    const groups = groupsIn(config)
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

function firstByName<T extends { readonly name: string }>(all: readonly T[]): T[] {
  return all.filter(({ name }, i) => all.findIndex(other => other.name === name) === i)
}

function groupsIn(config: unknown): ReadonlyMap<string, readonly string[]> {
  const { users } = (config ?? {}) as { users?: readonly { name: string; user?: { 'as-groups'?: string[] } }[] }
  const given = (users ?? []).flatMap(({ name, user }) =>
    user?.['as-groups'] ? [[name, user['as-groups']] as const] : [],
  )
  return new Map(given)
}

interface RawCluster {
  readonly name: string
  readonly cluster?: { readonly extensions?: readonly { readonly name: string; readonly extension: unknown }[] }
}

function execConfigsIn(config: unknown): [string, unknown][] {
  const { clusters } = (config ?? {}) as { clusters?: readonly RawCluster[] }
  return (clusters ?? []).flatMap(({ name, cluster }) => {
    const told = cluster?.extensions?.find(one => one.name === 'client.authentication.k8s.io/exec')
    return told ? [[name, told.extension] as [string, unknown]] : []
  })
}
