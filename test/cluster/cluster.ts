import { type RunningApiServer, startApiServer } from './apiserver.ts'
import { temporaryDirectory } from './directory.ts'
import { type NamedOptions, type RunningNamed, startNamed } from './named.ts'

export interface ClusterOptions<Name extends string> {
  /** The servers by name: `{ primary: {}, secondary: { workers: 1 } }`. */
  readonly named: { readonly [name in Name]: Omit<NamedOptions, 'name' | 'parent'> }
}

/** An API server and servers of DNS; stop() ends all of it and removes everything it wrote. */
export interface RunningCluster<Name extends string> {
  /** Everything the cluster writes is under it. */
  readonly directory: string
  readonly api: RunningApiServer
  readonly named: { readonly [name in Name]: RunningNamed }
  stop(): Promise<void>
}

/** Starts a whole cluster; if a part does not start, the others are stopped. */
export async function startCluster<const Name extends string>(
  options: ClusterOptions<Name>,
): Promise<RunningCluster<Name>> {
  const directory = temporaryDirectory()
  const parent = directory.path
  const names = Object.keys(options.named) as Name[]
  const starting = [
    startApiServer({ parent }),
    ...names.map(name => startNamed({ ...options.named[name], name, parent })),
  ] as const
  const settled = await Promise.allSettled(starting)
  const stop = async () => {
    await Promise.all(settled.map(result => result.status === 'fulfilled' && result.value.stop()))
    await directory.remove()
  }
  try {
    const [api, ...named] = await Promise.all(starting)
    return { directory: parent, api, named: byName(names, named), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const byName = <Name extends string>(names: readonly Name[], named: readonly RunningNamed[]) =>
  Object.fromEntries(names.map((name, i) => [name, named[i]])) as { readonly [name in Name]: RunningNamed }
