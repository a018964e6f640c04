import { describe, expect, test } from '@jest/globals'
import { type EndpointSlice, endpointOf, type Service, serviceNamed } from '../../../plugin/src/server/pod.ts'

describe('serviceNamed()', () => {
  test.each([
    ['ns1', { name: 'ns1', namespace: 'dns' }],
    ['NS1.', { name: 'ns1', namespace: 'dns' }],
    ['ns1.infra', { name: 'ns1', namespace: 'infra' }],
    ['ns1.infra.svc', { name: 'ns1', namespace: 'infra' }],
    ['ns1.infra.svc.cluster.local', { name: 'ns1', namespace: 'infra' }],
    ['ns1.infra.svc.cluster.local.', { name: 'ns1', namespace: 'infra' }],
    ['ns1.example.com', undefined],
    ['ns1.infra.svc.example', undefined],
    ['ns_1', undefined],
    ['', undefined],
  ])('reads %j', (address, at) => {
    expect(serviceNamed(address, 'dns')).toEqual(at)
  })
})

describe('endpointOf()', () => {
  const service = (spec: Service['spec']): Service => ({ metadata: { name: 'ns1', namespace: 'dns' }, spec })
  const slice = (
    pods: Record<string, boolean | undefined>,
    ports: Required<EndpointSlice>['ports'],
  ): EndpointSlice => ({
    metadata: { name: 'ns1-abcde' },
    ports,
    endpoints: Object.entries(pods).map(([name, ready]) => ({
      conditions: ready === undefined ? {} : { ready },
      targetRef: { kind: 'Pod', namespace: 'dns', name },
    })),
  })
  const ports = [
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53 },
    { name: 'rndc', port: 953 },
  ]
  const targets = [
    { name: 'dns', port: 5300, protocol: 'UDP' },
    { name: 'rndc', port: 9953 },
    { name: 'dns-tcp', port: 5353 },
  ]
  const at = (pod: string, port: number) => ({ namespace: 'dns', pod, port })

  test('gives a pod that is ready, and the port that the TCP port of the Service leads to', () => {
    const slices = [slice({ a: false }, targets), slice({ b: false, c: true }, targets)]
    expect(endpointOf(service({ clusterIP: '10.0.0.1', ports }), slices, 53)).toEqual(at('c', 5353))
    expect(endpointOf(service({ clusterIP: '10.0.0.1', ports }), slices, 953)).toEqual(at('c', 9953))
  })

  test('takes a port without a name for the one of the slice without a name', () => {
    const unnamed = service({ clusterIP: '10.0.0.1', ports: [{ port: 53 }] })
    expect(endpointOf(unnamed, [slice({ a: undefined }, [{ port: 5353 }])], 53)).toEqual(at('a', 5353))
  })

  test('leaves the port as it is where the Service has no address', () => {
    expect(endpointOf(service({ clusterIP: 'None' }), [slice({ a: true }, null)], 53)).toEqual(at('a', 53))
  })

  test.each([
    ['a port that the Service has not', service({ clusterIP: '10.0.0.1', ports }), [slice({ a: true }, targets)], 54],
    ['no pod that is ready', service({ clusterIP: '10.0.0.1', ports }), [slice({ a: false }, targets)], 53],
    ['no endpoint', service({ clusterIP: '10.0.0.1', ports }), [{ metadata: { name: 'x' }, endpoints: null }], 53],
  ])('gives nothing for %s', (_, of, slices, port) => {
    expect(endpointOf(of, slices, port)).toBe(undefined)
  })
})
