import { expect, test } from '@jest/globals'
import { KubeApiError, KubeUnreachableError } from '#kube'
import { backoffMs, pauseMs, sleep } from '../../../controller/src/kube/backoff.ts'

const random = () => 0.5
const refused = (status: number, retryAfterMs?: number) =>
  new KubeApiError('no', { status, apiReason: 'No', retryAfterMs })

test('backoffMs() doubles up to the cap, and is drawn from half to one and a half', () => {
  const growth = { baseMs: 100, capMs: 500 }
  expect([0, 1, 2, 3, 4, 1000].map(n => backoffMs(n, { ...growth, random }))).toEqual([0, 100, 200, 400, 500, 500])
  expect(backoffMs(1, { ...growth, random: () => 0 })).toBe(50)
  expect(backoffMs(1, { ...growth, random: () => 1 })).toBe(150)
})

test.each<[string, unknown, number[]]>([
  ['a server that is away', new KubeUnreachableError('no'), [0, 250, 500, 5000]],
  ['one that starts, whatever it asks', refused(503, 5000), [0, 250, 500, 5000]],
  ['one that is busy, and no less than it asks', refused(429, 1000), [1000, 1000, 1000, 5000]],
  ['one that refuses', refused(403), [0, 1000, 2000, 30_000]],
  ['a watch that ends with nothing', undefined, [0, 1000, 2000, 30_000]],
])('pauseMs() suits %s', (_, error, pauses) => {
  expect([0, 1, 2, 10].map(failures => pauseMs(failures, error, random))).toEqual(pauses)
})

test('sleep() ends with its signal', async () => {
  await expect(sleep(60_000, { signal: AbortSignal.timeout(5) })).rejects.toThrow('aborted due to timeout')
  await expect(sleep(60_000, { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone')
})
