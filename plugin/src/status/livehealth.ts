import { type DNSZone, keyOf, serialCompare } from '#crds'
import { type ServerHealth, type ZoneHealth, zoneHealth } from '../zone/health.ts'
import type { Told, ToldZone } from './told.ts'

/** How a zone is by what its servers say now; by its object's word where a server said nothing. */
export function liveHealth(zone: DNSZone, told: ReadonlyMap<string, Told>): ZoneHealth {
  const health = zoneHealth(zone)
  const { namespace } = zone.metadata
  const saidBy = ({ instance }: ServerHealth): ToldZone | undefined => {
    const zones = told.get(keyOf({ metadata: { namespace, name: instance } }))?.zones
    return zones && 'value' in zones ? zones.value.get(keyOf(zone)) : undefined
  }
  const said = health.servers.map(server => ({ server, now: saidBy(server) }))
  if (said.every(({ now }) => now === undefined)) return health
  const ofPrimaries = said.flatMap(({ server, now }) =>
    server.role === 'primary' && now && 'serial' in now ? [now.serial] : [],
  )
  const serial = ofPrimaries.sort(serialCompare).at(-1) ?? health.serial
  const servers = said.map(({ server, now }) => (now ? serverNow(server, now, serial) : server))
  const isCurrent = servers.every(server => server.isCurrent)
  const isUp = health.phase === 'Healthy' || health.phase === 'Propagating'
  return { ...health, serial, servers, ...(isUp && { phase: isCurrent ? 'Healthy' : 'Propagating' }) }
}

function serverNow(server: ServerHealth, now: ToldZone, serial: number | undefined): ServerHealth {
  const { behindSince, ...before } = server
  if ('reason' in now)
    return {
      ...before,
      behindSince: undefined,
      state: now.reason,
      message: now.message,
      serial: undefined,
      lag: undefined,
      isCurrent: false,
    }
  const isBehind = serial !== undefined && serialCompare(now.serial, serial) < 0
  return {
    ...before,
    behindSince: isBehind ? behindSince : undefined,
    state: 'Served',
    message: undefined,
    serial: now.serial,
    lag: isBehind ? (serial - now.serial) >>> 0 : 0,
    isCurrent: !isBehind,
  }
}
