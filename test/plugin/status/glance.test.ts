import { describe, expect, test } from '@jest/globals'
import type { Bind9Instance, DNSZone, RecordObject } from '#crds'
import { graphOf } from '../../../plugin/src/graph.ts'
import { Terminal } from '../../../plugin/src/screen/terminal.ts'
import { glance } from '../../../plugin/src/status/glance.ts'
import { printGlance } from '../../../plugin/src/status/printglance.ts'
import { type World, worldOfCluster, worldOfClusterOrZone } from '../../../plugin/src/status/world.ts'

const controlPlane = { controller: { value: undefined }, webhook: { value: { failsClosed: true } } }

function instance(namespace: string, clusterRef: string): Bind9Instance {
  const spec = { clusterRef, role: 'primary', external: { address: '192.0.2.1' } }
  return { kind: 'Bind9Instance', metadata: { namespace, name: 'ns1' }, spec } as unknown as Bind9Instance
}

function zone(namespace: string, clusterRef: string, allowedNamespaces: readonly string[] = []): DNSZone {
  const spec = { zoneName: 'a.test', clusterRef, allowedNamespaces }
  return { kind: 'DNSZone', metadata: { namespace, name: 'a' }, spec } as unknown as DNSZone
}

function record(namespace: string, name: string): RecordObject {
  const spec = { zone: 'a.test', name, ipv4Address: '192.0.2.9' }
  return { kind: 'ARecord', metadata: { namespace, name }, spec } as unknown as RecordObject
}

/** Two zones of one name: that of "one" lets records of "guest" in, that of "two" none, and nobody those of "out". */
const world: World = {
  clusters: [],
  instances: [instance('one', 'c1'), instance('two', 'c2')],
  zones: [zone('one', 'c1', ['guest']), zone('two', 'c2')],
  records: [record('one', 'a'), record('guest', 'b'), record('two', 'c'), record('two', 'd'), record('out', 'e')],
  needs: [],
}

describe('the records of a zone are those of namespaces that it lets in', () => {
  test('at a glance', () => {
    const { clusters, records } = glance(world, controlPlane)
    expect(clusters.map(({ name, records }) => [name, records])).toEqual([
      ['c1', 2],
      ['c2', 2],
    ])
    expect(records.all).toBe(5)
  })

  test('in a graph', () => {
    const zones = graphOf(world).flatMap(({ children }) => children.filter(({ kind }) => kind === 'zone'))
    expect(zones.map(({ id, children }) => [id, ...children.map(({ label }) => label)])).toEqual([
      ['zone one/c1/one/a', '2 A'],
      ['zone two/c2/two/a', '2 A'],
    ])
  })

  test('of one cluster, and of one zone', () => {
    const namesIn = ({ records }: World) => records.map(({ metadata }) => metadata.name)
    expect(namesIn(worldOfCluster(world, 'c1'))).toEqual(['a', 'b'])
    expect(namesIn(worldOfCluster(world, 'c2'))).toEqual(['c', 'd'])
    const alone = { ...world, zones: world.zones.slice(0, 1) }
    expect(namesIn(worldOfClusterOrZone(alone, 'a.test', 'all'))).toEqual(['a', 'b'])
  })
})

test.each([40, 60, 80, 120])('the first line of a glance keeps to %i columns', columns => {
  const many = {
    ...glance(world, controlPlane),
    zones: { all: 120, healthy: 120 },
    records: { all: 4180, served: 4180 },
  }
  const terminal = new Terminal({}, { LANG: 'C.UTF-8', COLUMNS: String(columns) })
  const where = 'namespace dns'
  const depth = { live: false, rndc: false }
  const lines = printGlance(many, terminal, { wide: false, all: true, where, isPart: false, nowMs: 0, depth })
  const head = lines.slice(0, lines.indexOf(''))
  expect(head.filter(line => line.length > columns)).toEqual([])
  expect(head.join('   ')).toMatch(
    /^Bindy \S+ {3}controller ✖ {3}webhook registered {3}zones 120\/120 {3}records 4180\/4180 {3}namespace dns$/,
  )
})
