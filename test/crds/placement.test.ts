import { describe, expect, test } from '@jest/globals'
import { placement } from '#crds'
import { instance, zone } from '../controller/reconcile/objects.ts'

const edge = { tier: 'edge' }
const instances = [
  instance('a', { clusterRef: 'dns' }),
  instance('b', { clusterRef: 'dns', role: 'secondary' }, { labels: edge }),
  instance('c', { clusterRef: 'other' }, { labels: edge }),
  instance('d'),
  instance('elsewhere', { clusterRef: 'dns' }, { namespace: 'else', labels: edge }),
  instance('leaving', { clusterRef: 'dns' }, { labels: edge, deleted: true }),
]

const names = (...spec: Parameters<typeof zone>) =>
  placement(zone(...spec), instances).map(({ metadata }) => metadata.name)

describe('placement()', () => {
  test('takes the members of the cluster that clusterRef names', () => {
    expect(names({ clusterRef: 'dns' })).toEqual(['a', 'b'])
  })

  test('takes the instance that clusterRef names', () => {
    expect(names({ clusterRef: 'd' })).toEqual(['d'])
  })

  test('prefers a cluster to an instance of the same name', () => {
    const both = [instance('dns'), ...instances]
    expect(placement(zone({ clusterRef: 'dns' }), both).map(({ metadata }) => metadata.name)).toEqual(['a', 'b'])
  })

  test('takes the instances that the selector selects', () => {
    expect(names({ clusterRef: undefined, instanceSelector: { matchLabels: edge } })).toEqual(['b', 'c'])
  })

  test('takes each once where both say so', () => {
    expect(names({ instanceSelector: { matchLabels: edge } })).toEqual(['a', 'b', 'c'])
  })

  test('takes none of another namespace, and none where nothing is named', () => {
    expect(names({ clusterRef: 'elsewhere' })).toEqual([])
    expect(names({ clusterRef: 'nowhere' })).toEqual([])
    expect(names({ clusterRef: undefined })).toEqual([])
  })
})
