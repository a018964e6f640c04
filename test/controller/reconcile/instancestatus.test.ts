import { expect, test } from '@jest/globals'
import { tsigKey } from '#bind9'
import type { Bind9Instance } from '#crds'
import { instanceStatus } from '../../../controller/src/reconcile/instance/status.ts'

const instance = { metadata: { generation: 1 } } as Bind9Instance
const key = (algorithm: string, octets: number) =>
  tsigKey({ name: 'bindy', algorithm, secret: Buffer.alloc(octets, 7).toString('base64') })

test.each([
  ['good keys', key('hmac-sha256', 32), 'Reachable', 'named answers over RNDC and signed DNS'],
  [
    'a weak key for both',
    key('hmac-sha1', 32),
    'WeakKey',
    'named answers over RNDC and signed DNS, by a weak key: bindy (hmac-sha1): SHA-1 is not recommended',
  ],
  [
    'a short secret',
    key('hmac-sha256', 10),
    'WeakKey',
    'named answers over RNDC and signed DNS, by a weak key: bindy (hmac-sha256): its secret has 80 bits',
  ],
])('a server with %s is ready: %#', (_, one, reason, message) => {
  const server = { version: '9.18.0', rndcKey: one, tsigKey: one }
  const { conditions } = instanceStatus(instance, { server, fault: undefined }, 0)
  expect(conditions).toEqual([expect.objectContaining({ type: 'Ready', status: 'True', reason, message })])
})
