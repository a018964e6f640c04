import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { until } from '../../cluster/index.ts'
import { Bindy } from './bindy.ts'
import { anyStep, History, ZONES } from './history.ts'
import { idOf, model, type World } from './model.ts'
import { conditionOf, type Thing } from './namespace.ts'
import { twoOrders } from './orders.ts'
import { transfers } from './transfers.ts'

/* Whatever happened and in whatever order: in the end the servers serve what a model makes of the objects alone. */

const bindy = new Bindy({ primary: {}, secondary: {} })
const servers = () => [bindy.named.primary, bindy.named.secondary]
let history: History | undefined
beforeAll(async () => {
  await bindy.start()
  // Each history has a process of its own for it, which can be killed.
  await bindy.stopController()
})
afterAll(async () => {
  await history?.killController()
  await bindy.stop()
})

async function begin(): Promise<History> {
  await history?.killController()
  history = await History.begin(bindy)
  return history
}

test('a random history ends with all servers serving what the model says, and each object telling the truth', async () => {
  const property = fc.asyncProperty(fc.array(anyStep, { minLength: 25, maxLength: 25 }), async steps => {
    const history = await begin()
    for (const zone of ZONES) await history.makeZone(zone)
    for (const take of steps) await take(history)
    await history.end()
    await history.settle()
    await isAsModelled(history)
    await bindy.clear()
  })
  await fc.assert(property, { numRuns: 6, endOnFailure: true })
}, 900_000)

test('two orders of the same objects end equal', async () => {
  const [one, other] = ['one.example', 'two.example'] as const
  const property = fc.asyncProperty(twoOrders, async ([drafts, shuffled]) => {
    const history = await begin()
    await Promise.all([history.make(one, drafts), history.make(other, shuffled)])
    await history.settle()
    await isAsModelled(history)
    const served = await transfers(bindy.named.secondary, [one, other])
    const relative = (zone: string) =>
      served
        .get(zone)
        ?.records.map(line => line.replaceAll(zone, '@'))
        .sort()
    expect(relative(other)).toEqual(relative(one))
    await bindy.clear()
  })
  await fc.assert(property, { numRuns: 5, endOnFailure: true })
}, 900_000)

/** Waits until both servers serve what the model says, under one serial, and just those objects are Ready that should. */
async function isAsModelled(history: History): Promise<void> {
  let wanted: World | undefined
  let found: World[] = []
  const isSo = async () => {
    const objects = await history.objects()
    wanted = model(objects)
    const ready = objects.filter(isReady).map(idOf).sort()
    const served = await Promise.all(servers().map(named => transfers(named, ZONES)))
    found = served.map(zones => worldOf(zones, ready))
    const serials = served.map(zones => ZONES.map(zone => zones.get(zone)?.serial))
    return isDeepStrictEqual(found, [wanted, wanted]) && isDeepStrictEqual(serials[0], serials[1])
  }
  await until('all is as modelled', isSo, { everyMs: 100, timeoutMs: 120_000 }).catch(error => {
    expect(found).toEqual([wanted, wanted])
    throw error
  })
}

function worldOf(zones: Awaited<ReturnType<typeof transfers>>, ready: readonly string[]): World {
  return { zones: new Map(ZONES.flatMap(zone => entry(zone, zones.get(zone)?.records))), ready }
}

const entry = <T>(key: string, value: T | undefined) => (value === undefined ? [] : [[key, value] as const])

function isReady(thing: Thing): boolean {
  const said = conditionOf(thing)
  return said?.status === 'True' && said.observedGeneration === thing.metadata.generation
}
