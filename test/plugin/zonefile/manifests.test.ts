import { expect, test } from '@jest/globals'
import { ALLOW_WITHDRAWAL, CONFIRM_DELETE, type DNSZone, PAUSED } from '#crds'
import { manifestOf } from '../../../plugin/src/zonefile/manifests.ts'

const zone = {
  apiVersion: 'bindy.firestoned.io/v1alpha1',
  kind: 'DNSZone',
  metadata: { name: 'example-com', namespace: 'dns', uid: 'u', resourceVersion: '7', generation: 1 },
  spec: { zoneName: 'example.com' },
} as DNSZone

test('manifestOf() keeps annotations, but for those of one deed and of kubectl itself', () => {
  const left = { [ALLOW_WITHDRAWAL]: 'd', [CONFIRM_DELETE]: 'true' }
  const ofKubectl = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' }
  const annotations = { [PAUSED]: 'true', 'example.com/owner': 'me', ...left, ...ofKubectl }
  expect(manifestOf({ ...zone, metadata: { ...zone.metadata, annotations } })).toMatchObject({
    metadata: { name: 'example-com', namespace: 'dns', annotations: { [PAUSED]: 'true', 'example.com/owner': 'me' } },
  })
  const bare = manifestOf({ ...zone, metadata: { ...zone.metadata, annotations: { ...left, ...ofKubectl } } })
  expect(bare).toEqual({ ...zone, metadata: { name: 'example-com', namespace: 'dns' } })
})
