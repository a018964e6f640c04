import { Args, Flags } from '@oclif/core'
import { KubeUnreachableError } from '#kube'
import { BindyCommand, durationFlag, watchFlags } from '../base.ts'
import { type Cluster, printedName, type Scope } from '../cluster.ts'
import { envelope } from '../envelope.ts'
import { EXIT, Failure } from '../failure.ts'
import { printDuration } from '../screen/duration.ts'
import type { View } from '../screen/viewer.ts'
import type { Attention } from '../status/attention.ts'
import { type ControlPlane, readControlPlane } from '../status/controlplane.ts'
import { type Glance, glance, isAllWell, lastingFault } from '../status/glance.ts'
import type { Depth } from '../status/level.ts'
import { printCounts, printGlance } from '../status/printglance.ts'
import { watchWorld } from '../status/watch.ts'
import { readWorld, type World, worldOfCluster } from '../status/world.ts'

export default class Status extends BindyCommand {
  static override summary = 'Show at one glance what is served, and what needs attention'
  static override description =
    'It ends with 0 where all is well, with 1 where something is not, and with 3 where all that could be read is well.'
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'a Bind9Cluster, to show it alone' }),
  }
  static override flags = {
    'all-namespaces': Flags.boolean({ char: 'A', summary: 'of all namespaces' }),
    live: Flags.boolean({ summary: 'ask the servers over DNS for the serial of each zone' }),
    rndc: Flags.boolean({ summary: 'ask their control channels for their version, and since when they run' }),
    timeout: durationFlag({ default: 10_000, summary: 'how long to wait for a server' }),
    ...watchFlags,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Status)
    const cluster = await this.connect(flags)
    const scope = cluster.scope(flags['all-namespaces'])
    const isPart = args.cluster !== undefined
    const viewOf = (looked: Looked) =>
      this.#view(looked, { cluster, scope, depth: flags, wide: flags.output === 'wide', isPart })
    const ask = flags.live || flags.rndc ? await this.#asking(cluster, flags) : undefined
    const look = async (all: World, plane: ControlPlane) => {
      const world = args.cluster === undefined ? all : worldOfCluster(all, args.cluster)
      return { world, seen: glance(world, plane, await ask?.(world)) }
    }
    if (flags.watch || flags.wait !== undefined) return this.#follow({ ...flags, cluster, scope, look, viewOf })
    const [world, plane] = await Promise.all([readWorld(cluster, scope), readControlPlane(cluster, Date.now())])
    const looked = await look(world, plane)
    await this.show(viewOf(looked), flags.output)
    process.exitCode = exitOf(looked.seen)
  }

  // Loaded late: who looks at what objects say asks no server.
  async #asking(cluster: Cluster, depth: Depth & { readonly timeout: number }) {
    const [{ askServers }, { Reach }] = await Promise.all([import('../status/told.ts'), import('../server/reach.ts')])
    const reach = new Reach(cluster, { timeoutMs: depth.timeout })
    this.later(() => reach.close())
    return (world: World) => askServers(world, reach, depth)
  }

  async #follow(options: {
    readonly cluster: Cluster
    readonly scope: Scope
    readonly look: (world: World, plane: ControlPlane) => Promise<Looked>
    readonly viewOf: (looked: Looked) => View
    readonly wait?: number | undefined
    readonly output: string
  }): Promise<void> {
    const { cluster, scope, look, viewOf, wait, output } = options
    const timeout = wait === undefined ? undefined : AbortSignal.timeout(wait)
    const signal = AbortSignal.any([this.signal, ...(timeout ? [timeout] : [])])
    const viewer = await this.viewer(output)
    let plane: ControlPlane | undefined
    try {
      for await (const world of watchWorld(cluster, scope, signal)) {
        plane = await readControlPlane(cluster, Date.now()).catch(error => planeBefore(plane, error))
        const looked = await look(world, plane)
        const { seen } = looked
        viewer.show(viewOf(looked))
        if (wait === undefined) continue
        if (isAllWell(seen) && seen.zones.healthy === seen.zones.all) {
          process.exitCode = exitOf(seen)
          return
        }
        const fault = lastingFault(seen)
        if (fault) throw waitsInVain(fault)
      }
    } catch (error) {
      if (error instanceof Failure || !timeout?.aborted) throw error
    } finally {
      viewer.end()
    }
    this.signal.throwIfAborted()
    throw new Failure(`Not all is well after ${printDuration(wait ?? 0)}`, { exit: EXIT.timeout })
  }

  #view(
    { world, seen }: Looked,
    at: {
      readonly cluster: Cluster
      readonly scope: Scope
      readonly depth: Depth
      readonly wide: boolean
      readonly isPart: boolean
    },
  ): View {
    const { context } = at.cluster.client.connection
    const options = {
      wide: at.wide,
      isPart: at.isPart,
      all: at.scope === 'all',
      where: at.scope === 'all' ? `context ${context}` : `namespace ${at.cluster.namespace}`,
      nowMs: Date.now(),
      depth: at.depth,
    }
    return {
      page: () => printGlance(seen, this.terminal, options),
      line: () => {
        return [...printCounts(seen, at), `attention ${seen.attention.length}`].join(' ')
      },
      data: () => envelope('Status', { ...seen, controlPlane: withoutBundle(seen.controlPlane) }),
      names: () => [...world.clusters, ...world.instances].map(printedName),
    }
  }
}

/** What was looked at, and how it is. */
interface Looked {
  readonly world: World
  readonly seen: Glance
}

// Its certificates are for `check` to judge.
function withoutBundle({ controller, webhook }: ControlPlane): ControlPlane {
  if (!('value' in webhook) || !webhook.value) return { controller, webhook }
  const { caBundle: _, ...value } = webhook.value
  return { controller, webhook: { value } }
}

function exitOf(seen: Glance): number {
  if (!isAllWell(seen)) return EXIT.no
  return seen.isWhole ? EXIT.ok : EXIT.unknown
}

// An API server that is away for a moment is none to end a watch for; the watches of objects wait for it too.
function planeBefore(plane: ControlPlane | undefined, error: unknown): ControlPlane {
  if (plane && error instanceof KubeUnreachableError) return plane
  throw error
}

function waitsInVain({ subject, message, command }: Attention): Failure {
  return new Failure('Not all is well, and waiting does not mend it', {
    exit: EXIT.no,
    why: `${subject}: ${message}`,
    fix: command,
  })
}
