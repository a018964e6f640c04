import { expect, test } from '@jest/globals'
import { BindyError } from '#crds'
import { WorkQueue } from '#kube'
import { until } from '../../cluster/index.ts'
import { memoryLog } from './fake.ts'

/** Runs a queue's handler until `body` is done. */
async function running<K>(
  queue: WorkQueue<K>,
  handler: (key: K) => Promise<void>,
  body: () => Promise<void>,
  workers = 2,
) {
  const stop = new AbortController()
  const ended = queue.run(workers, handler, stop.signal)
  try {
    await body()
  } finally {
    stop.abort()
    await ended
  }
}

/** A handler that waits to be let go. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

test('WorkQueue handles a key once that is added many times', async () => {
  const queue = new WorkQueue()
  const handled: string[] = []
  for (let i = 0; i < 100; i++) queue.add('a')
  queue.add('b')
  const handler = async (key: string) => void handled.push(key)
  await running(queue, handler, async () => {
    await until('idle', () => queue.isIdle)
    expect(handled).toEqual(['a', 'b'])
  })
})

test('WorkQueue handles a key once more that is added while it is handled, and never twice at a time', async () => {
  const queue = new WorkQueue()
  const { opened, open } = gate()
  let active = 0
  let most = 0
  let runs = 0
  const handler = async () => {
    most = Math.max(most, ++active)
    runs++
    await opened
    active--
  }
  queue.add('a')
  await running(queue, handler, async () => {
    await until('taken', () => runs === 1)
    for (let i = 0; i < 5; i++) queue.add('a')
    open()
    await until('idle', () => queue.isIdle)
    expect({ runs, most }).toEqual({ runs: 2, most: 1 })
  })
})

test('WorkQueue lets other keys pass one that is slow', async () => {
  const queue = new WorkQueue<number>()
  const { opened, open } = gate()
  const handled: number[] = []
  for (let key = 0; key < 10; key++) queue.add(key)
  const handler = async (key: number) => {
    if (key === 0) await opened
    handled.push(key)
  }
  await running(queue, handler, async () => {
    await until('the others', () => handled.length === 9)
    open()
    await until('all', () => handled.length === 10)
    expect(handled.at(-1)).toBe(0)
  })
})

test('WorkQueue.addAfter() lets the earliest of several times hold', async () => {
  const queue = new WorkQueue()
  let runs = 0
  const handler = async () => void runs++
  queue.addAfter('a', 60_000)
  queue.addAfter('a', 5)
  queue.addAfter('a', 60_000)
  await running(queue, handler, async () => {
    await until('handled', () => runs === 1)
    expect(queue.delayed).toBe(0)
  })
})

test('WorkQueue pauses longer with each failure, logs each doubling, and forgets at the first success', async () => {
  const log = memoryLog()
  const queue = new WorkQueue({ baseDelayMs: 2, maxDelayMs: 10, random: () => 0.5, log })
  const failures: number[] = []
  const handler = async (key: string) => {
    failures.push(queue.failures(key))
    if (failures.length < 4) throw new Error('no')
  }
  queue.add('a')
  await running(queue, handler, async () => {
    await until('handled', () => failures.length === 4 && queue.isIdle)
    expect(failures).toEqual([0, 1, 2, 3])
    expect(queue.failures('a')).toBe(0)
    expect(log.messages).toEqual(['Work failed', 'Work failed'])
  })
})

test("WorkQueue does what the error's retry says", async () => {
  const queue = new WorkQueue({ baseDelayMs: 60_000 })
  const runs = { never: 0, soon: 0, backoff: 0 }
  const retries = { never: 'never', soon: { afterMs: 1 }, backoff: 'backoff' } as const
  const handler = async (key: keyof typeof runs) => {
    if (++runs[key] === 1) throw new BindyError('Cannot', { reason: 'Unreachable', retry: retries[key] })
  }
  const keys = new WorkQueue<keyof typeof runs>({ baseDelayMs: 60_000 })
  for (const key of ['never', 'soon', 'backoff'] as const) keys.add(key)
  await running(keys, handler, async () => {
    await until('soon', () => runs.soon === 2)
    expect(runs).toEqual({ never: 1, soon: 2, backoff: 1 })
    expect(keys.delayed).toBe(1)
  })
  expect(queue.isIdle).toBe(true)
})

test('WorkQueue.run() waits for its handlers when it is ended, and leaves no timer', async () => {
  const queue = new WorkQueue()
  const { opened, open } = gate()
  const stop = new AbortController()
  let ended = false
  queue.add('a')
  queue.addAfter('b', 60_000)
  const run = queue
    .run(1, () => opened, stop.signal)
    .then(() => {
      ended = true
    })
  await until('taken', () => queue.size === 0)
  stop.abort()
  await new Promise(setImmediate)
  expect(ended).toBe(false)
  open()
  await run
  expect(queue.delayed).toBe(0)
})
