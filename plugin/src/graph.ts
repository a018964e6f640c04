import { placement, recordKinds, recordTypeOfKind } from '#crds'
import { belongsTo } from './record/find.ts'
import { harmless } from './screen/harmless.ts'
import { isPlacementUnread, isUnread, type World } from './status/world.ts'
import { shownName } from './zone/find.ts'
import { zoneHealth } from './zone/health.ts'

/** A thing, and what hangs on it. */
export interface GraphNode {
  /** Unique in the graph. */
  readonly id: string
  readonly label: string
  readonly kind: 'cluster' | 'instance' | 'zone' | 'records'
  readonly children: readonly GraphNode[]
}

/**
 * Clusters, with their servers and their zones, and under each zone how many records of each type it has; then the zones
 * that no server here is to serve.
 */
export function graphOf(world: World): GraphNode[] {
  const names = new Set([
    ...world.clusters.map(({ metadata }) => keyed(metadata.namespace, metadata.name)),
    ...world.instances.map(({ metadata, spec }) => keyed(metadata.namespace, spec.clusterRef ?? '')),
  ])
  const unplaced = world.zones.filter(zone => placement(zone, world.instances).length === 0)
  return [...[...names].sort().map(key => clusterNode(world, key)), ...unplaced.map(zone => zoneNode(world, zone, ''))]
}

function clusterNode(world: World, key: string): GraphNode {
  const members = world.instances.filter(
    ({ metadata, spec }) => keyed(metadata.namespace, spec.clusterRef ?? '') === key,
  )
  const zones = world.zones.filter(zone => placement(zone, world.instances).some(server => members.includes(server)))
  const name = key.slice(key.indexOf('/') + 1)
  return {
    id: `cluster ${key}`,
    kind: 'cluster',
    label: name === '' ? 'no cluster' : `cluster ${name}`,
    children: [
      ...members.map(
        ({ metadata, spec }): GraphNode => ({
          id: `instance ${key}/${metadata.name}`,
          kind: 'instance',
          label: `${spec.role} ${metadata.name} (${spec.external.address})`,
          children: [],
        }),
      ),
      ...(isUnread(world, 'bind9instances') ? [unread('instance', key, 'servers')] : []),
      ...zones.map(zone => zoneNode(world, zone, key)),
      ...(isPlacementUnread(world) ? [unread('zone', key, 'zones')] : []),
    ],
  }
}

function zoneNode(world: World, zone: World['zones'][number], key: string): GraphNode {
  const counts = new Map<string, number>()
  for (const record of world.records.filter(belongsTo(zone))) {
    const { type } = recordTypeOfKind(record.kind)
    counts.set(type, (counts.get(type) ?? 0) + 1)
  }
  const { phase, serial } = zoneHealth(zone)
  const id = `zone ${key}/${zone.metadata.namespace}/${zone.metadata.name}`
  const unreadTypes = recordKinds
    .filter(({ plural }) => isUnread(world, plural))
    .map(({ kind }) => recordTypeOfKind(kind).type)
  const children = [...counts]
    .sort()
    .map(
      ([type, count]): GraphNode => ({ id: `${id}/${type}`, kind: 'records', label: `${count} ${type}`, children: [] }),
    )
  return {
    id,
    kind: 'zone',
    label: `zone ${shownName(zone.spec.zoneName)} ${phase}${serial === undefined ? '' : `, serial ${serial}`}`,
    children: [...children, ...(unreadTypes.length > 0 ? [unread('records', id, unreadTypes.join(', '))] : [])],
  }
}

/** What stands for things that may not be read. */
function unread(kind: GraphNode['kind'], key: string, what: string): GraphNode {
  return { id: `${kind} ${key}/?`, kind, label: `? ${what}`, children: [] }
}

/** As a tree, drawn with lines. */
export function printTree(nodes: readonly GraphNode[], { isAscii }: { readonly isAscii: boolean }): string[] {
  const [tee, corner, bar] = isAscii ? ['|- ', '`- ', '|  '] : ['├─ ', '└─ ', '│  ']
  const below = (children: readonly GraphNode[]): string[] =>
    children.flatMap((child, i) => {
      const isLast = i === children.length - 1
      return [
        `${isLast ? corner : tee}${harmless(child.label)}`,
        ...below(child.children).map(line => `${isLast ? '   ' : bar}${line}`),
      ]
    })
  return nodes.flatMap(node => [harmless(node.label), ...below(node.children)])
}

/** As a flowchart of Mermaid, which Markdown shows. */
export function printMermaid(nodes: readonly GraphNode[]): string[] {
  const { all, edges } = flat(nodes)
  return [
    'graph LR',
    ...all.map(({ label }, i) => `  n${i}["${harmless(label).replaceAll('"', "'")}"]`),
    ...edges.map(([a, b]) => `  n${a} --> n${b}`),
  ]
}

/** In the language of Graphviz. */
export function printDot(nodes: readonly GraphNode[]): string[] {
  const { all, edges } = flat(nodes)
  return [
    'digraph bindy {',
    '  rankdir=LR',
    ...all.map(({ label }, i) => `  n${i} [shape=box, label=${JSON.stringify(harmless(label))}]`),
    ...edges.map(([a, b]) => `  n${a} -> n${b}`),
    '}',
  ]
}

function flat(nodes: readonly GraphNode[]): { all: GraphNode[]; edges: [number, number][] } {
  const all: GraphNode[] = []
  const edges: [number, number][] = []
  const visit = (node: GraphNode, parent: number | undefined) => {
    const at = all.push(node) - 1
    if (parent !== undefined) edges.push([parent, at])
    for (const child of node.children) visit(child, at)
  }
  for (const node of nodes) visit(node, undefined)
  return { all, edges }
}

function keyed(namespace: string, name: string): string {
  return `${namespace}/${name}`
}
