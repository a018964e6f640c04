import { afterEach, expect, test } from '@jest/globals'
import type { Bind9Instance } from '#crds'
import { Cluster } from '../../../plugin/src/cluster.ts'
import { Reach } from '../../../plugin/src/server/reach.ts'
import { type FakeApi, sendStatus, startFakeApi } from '../../controller/kube/fake.ts'

let api: FakeApi
afterEach(() => api.close())

test.each([
  [500, 'InternalError', 'etcdserver: request timed out'],
  [429, 'TooManyRequests', 'too many requests'],
])(
  'Reach tells what the API server says of a Secret with %i, as of any server that cannot be asked',
  async (status, reason, said) => {
    api = await startFakeApi((_, response) => sendStatus(response, status, reason, said))
    const signal = new AbortController().signal
    const reach = new Reach(new Cluster(api.client({ retries: 0 }), { namespace: 'dns', signal }), { timeoutMs: 100 })
    const external = {
      address: '127.0.0.1',
      dnsPort: 1,
      rndcPort: 1,
      tsigSecretRef: { name: 'ns1' },
      rndcSecretRef: { name: 'ns1' },
    }
    const instance = { metadata: { namespace: 'dns', name: 'ns1' }, spec: { external } } as unknown as Bind9Instance
    expect(await reach.signed(instance, async () => 0)).toEqual({ fault: said, reason: 'APIServerRefused' })
    expect(await reach.rndc(instance, async () => 0)).toEqual({ fault: said, reason: 'APIServerRefused' })
  },
)
