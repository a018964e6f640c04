import { Args, Flags } from '@oclif/core'
import { BindyCommand, formFlag } from '../base.ts'
import { printedName } from '../cluster.ts'
import { envelope } from '../envelope.ts'
import { EXIT } from '../failure.ts'
import { graphOf, printDot, printMermaid, printTree } from '../graph.ts'
import { BIN } from '../name.ts'
import { printData } from '../screen/data.ts'
import { readWorld, worldOfClusterOrZone } from '../status/world.ts'

const NO_COLUMNS = `has columns, and a graph has none: ${BIN} status has`

export default class Graph extends BindyCommand {
  static override summary = 'Draw clusters, servers and zones'
  static override description = 'It ends with 0 where all could be read, and with 3 where a right was missing.'
  static override args = {
    'cluster|zone': Args.string({
      ignoreStdin: true,
      description: 'a Bind9Cluster, or a zone by its name or that of its object, to draw it alone',
    }),
  }
  static override flags = {
    'all-namespaces': Flags.boolean({ char: 'A', summary: 'of all namespaces' }),
    output: formFlag(['tree', 'mermaid', 'dot', 'json', 'yaml', 'name'], {
      without: { table: NO_COLUMNS, wide: NO_COLUMNS },
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Graph)
    const cluster = await this.connect(flags)
    const scope = cluster.scope(flags['all-namespaces'])
    const all = await readWorld(cluster, scope)
    const name = args['cluster|zone']
    const world = name === undefined ? all : worldOfClusterOrZone(all, name, scope)
    const nodes = graphOf(world)
    const { needs, clusters, instances, zones } = world
    process.exitCode = needs.length === 0 ? EXIT.ok : EXIT.unknown
    const { output } = flags
    if (output === 'json' || output === 'yaml')
      return this.print(await printData(envelope('Graph', { nodes, needs }), output))
    const print = {
      name: () => [...clusters, ...instances, ...zones].map(printedName),
      tree: () => printTree(nodes, this.terminal),
      mermaid: () => printMermaid(nodes),
      dot: () => printDot(nodes),
    }
    const lines = print[output]()
    if (lines.length > 0) this.print(lines)
    this.tellNeeds(needs)
  }
}
