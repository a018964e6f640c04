import { Args, Flags } from '@oclif/core'
import { BindyCommand } from '../base.ts'
import { graphOf, printDot, printMermaid, printTree } from '../graph.ts'
import { DATA_VERSION } from '../name.ts'
import { printData } from '../screen/data.ts'
import { readWorld, worldOfCluster } from '../status/world.ts'

export default class Graph extends BindyCommand {
  static override summary = 'Draw clusters, servers and zones'
  static override args = {
    cluster: Args.string({ ignoreStdin: true, description: 'a Bind9Cluster, to draw it alone' }),
  }
  static override flags = {
    'all-namespaces': Flags.boolean({ char: 'A', summary: 'of all namespaces' }),
    output: Flags.option({
      char: 'o',
      options: ['tree', 'mermaid', 'dot', 'json'] as const,
      default: 'tree',
      helpValue: 'FORM',
      summary: 'tree, mermaid, dot or json',
    })(),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Graph)
    const cluster = await this.connect(flags)
    const world = await readWorld(cluster, cluster.scope(flags['all-namespaces']))
    const nodes = graphOf(args.cluster === undefined ? world : worldOfCluster(world, args.cluster))
    if (flags.output === 'json')
      return this.print(await printData({ apiVersion: DATA_VERSION, kind: 'Graph', nodes }, 'json'))
    const print = {
      tree: () => printTree(nodes, this.terminal),
      mermaid: () => printMermaid(nodes),
      dot: () => printDot(nodes),
    }
    const lines = print[flags.output]()
    if (lines.length > 0) this.print(lines)
    for (const right of world.needs) this.hint(`? needs ${right}`)
  }
}
