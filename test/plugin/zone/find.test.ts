import { expect, test } from '@jest/globals'
import { objectNameOf } from '../../../plugin/src/zone/find.ts'

test('objectNameOf() makes a name that Kubernetes takes', () => {
  const apexes = ['example.com.', '_msdcs.example.com.', '2.0.192.in-addr.arpa.', '.']
  expect(apexes.map(objectNameOf)).toEqual(['example-com', 'msdcs-example-com', '2-0-192-in-addr-arpa', 'root'])
})
