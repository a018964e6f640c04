import { expect, test } from '@jest/globals'
import { FINALIZER } from '#crds'
import { Claims } from '../../../controller/src/reconcile/zone/claims.ts'
import { KeptRecords } from '../../../controller/src/reconcile/zone/keptrecords.ts'
import { address } from './objects.ts'

const { signal } = new AbortController()

test('a record whose time is over is let go once, however long its server stays away', async () => {
  const letGo: string[] = []
  const kept = new KeptRecords({
    setRecordFinalizer: async ({ metadata }) => letGo.push(metadata.name) > 0,
    retell: () => {},
    now: () => Date.UTC(2026, 0, 3),
  })
  const claims = new Claims()
  const www = address('www', '192.0.2.1')
  const held = { ...www, metadata: { ...www.metadata, finalizers: [FINALIZER] } }
  claims.put(held)
  claims.put({ ...held, metadata: { ...held.metadata, deletionTimestamp: '2026-01-02T00:00:00Z' } })
  const servers = { isSettled: () => false, graceSeconds: 300 }
  for (let pass = 0; pass < 3; pass++) await kept.release(claims.of('example.com.'), servers, { signal })
  expect(letGo).toEqual(['www'])
})
