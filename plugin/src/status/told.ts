import { querySoa, RcodeError, type ServerStatus } from '#bind9'
import { type Bind9Instance, type DNSZone, keyOf, placement } from '#crds'
import { type Answered, detours, type Reach, STRAIGHT } from '../server/reach.ts'
import { apexOf } from '../zone/find.ts'
import type { Depth } from './level.ts'
import type { World } from './world.ts'

// As many questions are under way at a server as it has connections.
const QUESTIONS = 8

/** What a server says of a zone: its serial, or why it serves none. */
export type ToldZone = { readonly serial: number } | { readonly reason: string; readonly message: string }

/** What a server says now, where it was asked. */
export interface Told {
  readonly instance: Bind9Instance
  /** By the key of the zone's object; the fault where the server could not be asked; absent where it is to serve none. */
  readonly zones?: Answered<ReadonlyMap<string, ToldZone>>
  readonly status?: Answered<ServerStatus>
  /** A line for each way that it answered by where it could not be reached straight. */
  readonly detours: readonly string[]
}

/** What the servers of a world say now, each by the key of its object. */
export async function askServers(world: World, reach: Reach, depth: Depth): Promise<ReadonlyMap<string, Told>> {
  const placed = world.zones.map(zone => ({ zone, servers: placement(zone, world.instances) }))
  const told = await Promise.all(
    world.instances.map(async (instance): Promise<Told> => {
      const zones = placed.flatMap(({ zone, servers }) => (servers.includes(instance) ? [zone] : []))
      const [serials, status] = await Promise.all([
        depth.live && zones.length > 0 ? askZones(instance, zones, reach) : undefined,
        depth.rndc ? reach.rndc(instance, client => client.status()) : undefined,
      ])
      const answers = [serials, status].map(answer => ({ ...answer, instance: instance.metadata.name }))
      return { instance, detours: detours(answers), ...(serials && { zones: serials }), ...(status && { status }) }
    }),
  )
  return new Map(told.map(one => [keyOf(one.instance), one]))
}

// Whoever does not answer is not asked again: that would take its time for each of its zones.
async function askZones(
  instance: Bind9Instance,
  zones: readonly DNSZone[],
  reach: Reach,
): Promise<Answered<ReadonlyMap<string, ToldZone>>> {
  const told = new Map<string, ToldZone>()
  const left = zones.values()
  let way = STRAIGHT
  let fault: Answered<never> | undefined
  const ask = async () => {
    for (const zone of left) {
      const apex = apexOf(zone)
      if (fault || apex === undefined) continue
      const answer = await reach.plain(instance, async server => readSerial(querySoa(server, apex)))
      if ('fault' in answer) fault = answer
      else {
        told.set(keyOf(zone), answer.value)
        way = answer.way
      }
    }
  }
  await Promise.all(Array.from({ length: QUESTIONS }, ask))
  return fault ?? { value: told, way }
}

async function readSerial(asked: ReturnType<typeof querySoa>): Promise<ToldZone> {
  try {
    const soa = await asked
    return soa ? { serial: soa.serial } : { reason: 'ZoneNotServed', message: 'it has no such zone' }
  } catch (error) {
    if (error instanceof RcodeError) return { reason: error.reason, message: error.message }
    throw error
  }
}
