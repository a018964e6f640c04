import { expect, test } from '@jest/globals'
import type { LoadedZone } from '#bind9'
import type { DNSZone } from '#crds'
import { Terminal } from '../../../plugin/src/screen/terminal.ts'
import { printZone } from '../../../plugin/src/status/printzone.ts'
import type { ServerReport } from '../../../plugin/src/status/zonereport.ts'
import { zoneHealth } from '../../../plugin/src/zone/health.ts'

const NOTE = 'frozen, dynamic, signed'
const zone = {
  metadata: { namespace: 'dns', name: 'z', generation: 1 },
  spec: { zoneName: 'example.com' },
} as DNSZone

function server(instance: string, serials: Pick<LoadedZone, 'serial' | 'signedSerial'>): ServerReport {
  const value = { loaded: true, frozen: true, dynamic: true, secure: true, ...serials } as LoadedZone
  const health = { instance, role: 'primary', state: 'Served', serial: 7, lag: 0, isCurrent: true } as const
  return {
    instance,
    role: 'primary',
    health: { ...health, behindSince: undefined, message: undefined },
    soa: { value: 8, way: 'straight' },
    records: { value: 10_000, way: 'straight' },
    zonestatus: { value, way: 'straight' },
  }
}

function page(width: number, live: boolean): string[] {
  const terminal = new Terminal({ isTTY: true, columns: width }, { LANG: 'C.UTF-8', NO_COLOR: '1' })
  const servers = [
    server('ns1-frankfurt', { serial: 4_294_967_295, signedSerial: undefined }),
    server('ns2', { serial: 3, signedSerial: 4_294_967_294 }),
  ]
  const records = { objects: 0, unserved: [], isWhole: true }
  const report = { zone, health: zoneHealth(zone), servers, records, needs: [] }
  return printZone(report, terminal, { live, rndc: true, wide: false, limit: 5, nowMs: 0 })
}

test.each([80, 90, 100, 110, 120, 140, 160])('printZone() shows all that zonestatus says in %i columns', width => {
  for (const live of [false, true]) {
    const lines = page(width, live)
    const [, first, second] = lines.slice(lines.findIndex(line => line.includes('SERIAL NOW')))
    expect(first).toMatch(new RegExp(`^ns1-frankfurt .* 4294967295 .* ${NOTE}$`))
    expect(second).toMatch(new RegExp(`^ns2 .* 4294967294 .* ${NOTE}$`))
    expect(lines.filter(line => line.length > width)).toEqual([])
  }
})
