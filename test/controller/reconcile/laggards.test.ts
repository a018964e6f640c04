import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { silentLog } from '#kube'
import { Laggards } from '../../../controller/src/reconcile/zone/laggards.ts'
import { until } from '../../cluster/index.ts'

/* Only when a secondary is told what: that it helps is seen with real ones. */

let nowMs: number
let looks: number
let wasAway: boolean
let isLevel: boolean
let told: string[]
let stop: AbortController
let running: Promise<void>
let laggards: Laggards

beforeEach(() => {
  nowMs = 0
  looks = 0
  wasAway = false
  isLevel = false
  told = []
  stop = new AbortController()
  const zone = {
    follow: async () => {
      looks++
      return isLevel
    },
    serialAt: () => 7,
    wasAway: () => wasAway,
    hurry: async (_instance: string, verb: string) => void told.push(verb),
    checkSoon: () => {},
  }
  laggards = new Laggards({ zone: () => zone, wake: () => {}, log: silentLog, now: () => nowMs })
  running = laggards.run(stop.signal)
  laggards.follow('example.com.', 'dns/secondary')
})
afterEach(async () => {
  stop.abort()
  await running
})

/** What the secondary has been told once it was looked at twice at a moment. */
async function toldAt(ms: number): Promise<string[]> {
  await until('it is known to be behind', () => looks > 0)
  nowMs = ms
  const seen = looks
  await until('it was looked at', () => looks > seen + 1)
  return [...told]
}

test('one that answers has five seconds to come along, then it is told to ask, then to fetch', async () => {
  expect(await toldAt(4_900)).toEqual([])
  expect(await toldAt(5_100)).toEqual(['refresh'])
  expect(await toldAt(9_900)).toEqual(['refresh'])
  expect((await toldAt(10_100)).slice(0, 2)).toEqual(['refresh', 'retransfer'])
})

test('one that did not answer at some moment has one second, for its NOTIFY may be lost', async () => {
  wasAway = true
  expect(await toldAt(900)).toEqual([])
  expect(await toldAt(1_100)).toEqual(['refresh'])
})

test('one that is level is left alone', async () => {
  isLevel = true
  await until('it was looked at', () => looks > 0)
  laggards.follow('example.com.', 'dns/secondary')
  await until('it was looked at again', () => looks > 1)
  expect(told).toEqual([])
})
