import { Args, Flags } from '@oclif/core'
import { BindyCommand, watchFlags } from '../base.ts'
import type { Cluster, Scope } from '../cluster.ts'
import { EXIT, Failure } from '../failure.ts'
import { DATA_VERSION } from '../name.ts'
import { printDuration } from '../screen/duration.ts'
import type { View } from '../screen/viewer.ts'
import { type ControlPlane, readControlPlane } from '../status/controlplane.ts'
import { type Glance, glance, isAllWell } from '../status/glance.ts'
import { printGlance } from '../status/printglance.ts'
import { watchWorld } from '../status/watch.ts'
import { readWorld, type World, worldOfCluster } from '../status/world.ts'

export default class Status extends BindyCommand {
  static override summary = 'Show at one glance what is served, and what needs attention'
  static override description = 'It ends with 0 where all is well, and with 1 where something is not.'
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'a Bind9Cluster, to show it alone' }),
  }
  static override flags = {
    'all-namespaces': Flags.boolean({ char: 'A', summary: 'of all namespaces' }),
    ...watchFlags,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Status)
    const cluster = await this.connect(flags)
    const scope = cluster.scope(flags['all-namespaces'])
    const viewOf = (seen: Glance) => this.#view(seen, { cluster, scope, wide: flags.output === 'wide' })
    const look = (world: World, plane: ControlPlane) =>
      glance(args.cluster === undefined ? world : worldOfCluster(world, args.cluster), plane, Date.now())
    if (flags.watch || flags.wait !== undefined) return this.#follow({ ...flags, cluster, scope, look, viewOf })
    const [world, plane] = await Promise.all([readWorld(cluster, scope), readControlPlane(cluster, Date.now())])
    const seen = look(world, plane)
    await this.show(viewOf(seen), flags.output)
    process.exitCode = isAllWell(seen) ? EXIT.ok : EXIT.no
  }

  async #follow(options: {
    readonly cluster: Cluster
    readonly scope: Scope
    readonly look: (world: World, plane: ControlPlane) => Glance
    readonly viewOf: (seen: Glance) => View
    readonly wait?: number | undefined
    readonly output: string
  }): Promise<void> {
    const { cluster, scope, look, viewOf, wait, output } = options
    const timeout = wait === undefined ? undefined : AbortSignal.timeout(wait)
    const signal = AbortSignal.any([this.signal, ...(timeout ? [timeout] : [])])
    const viewer = this.viewer(output)
    try {
      for await (const world of watchWorld(cluster, scope, signal)) {
        const seen = look(world, await readControlPlane(cluster, Date.now()))
        viewer.show(viewOf(seen))
        if (wait !== undefined && isAllWell(seen) && seen.zones.healthy === seen.zones.all) return
      }
    } catch (error) {
      if (!timeout?.aborted) throw error
    } finally {
      viewer.end()
    }
    this.signal.throwIfAborted()
    throw new Failure(`Not all is well after ${printDuration(wait ?? 0)}`, { exit: EXIT.timeout })
  }

  #view(seen: Glance, at: { readonly cluster: Cluster; readonly scope: Scope; readonly wide: boolean }): View {
    const { context } = at.cluster.client.connection
    const options = {
      wide: at.wide,
      all: at.scope === 'all',
      where: at.scope === 'all' ? `context ${context}` : `namespace ${at.cluster.namespace}`,
    }
    return {
      page: () => printGlance(seen, this.terminal, options),
      line: () => {
        const { zones, records, attention } = seen
        return `zones ${zones.healthy}/${zones.all} records ${records.served}/${records.all} attention ${attention.length}`
      },
      data: () => ({ apiVersion: DATA_VERSION, kind: 'Status', ...seen }),
    }
  }
}
