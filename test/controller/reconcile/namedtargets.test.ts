import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Claims } from '../../../controller/src/reconcile/zone/claims.ts'
import { DesiredZone } from '../../../controller/src/reconcile/zone/desired.ts'
import { startNamed } from '../../cluster/index.ts'
import { openTo } from '../bind9/zone.ts'
import { record, zone } from './objects.ts'

/*
 * What named makes of MX and NS by their targets, in an UPDATE and when it loads a file, beside what we decide: nothing
 * goes to named that it refuses.
 */

let named: Awaited<ReturnType<typeof startNamed>>

beforeAll(async () => {
  named = await startNamed()
})
afterAll(() => named?.stop())

interface Draft {
  readonly kind: string
  readonly owner: string
  readonly spec: object
  /** Type and rdata in presentation format; "$" stands for the zone. */
  readonly text: string
}

const draft = (kind: string, owner: string, spec: object, text: string): Draft => ({ kind, owner, spec, text })
const inside = (target: string) => (target.endsWith('.') ? [target, target] : [`${target}.example.com.`, `${target}.$`])
const A = (owner: string) => draft('ARecord', owner, { ipv4Address: '192.0.2.1' }, 'A 192.0.2.1')
const AAAA = (owner: string) => draft('AAAARecord', owner, { ipv6Address: '2001:db8::1' }, 'AAAA 2001:db8::1')
const TXT = (owner: string) => draft('TXTRecord', owner, { text: ['x'] }, 'TXT "x"')
const CNAME = (owner: string) => draft('CNAMERecord', owner, { target: 'x.test.' }, 'CNAME x.test.')
const NS = (owner: string, target: string) => {
  const [nameserver, text] = inside(target)
  return draft('NSRecord', owner, { nameserver }, `NS ${text}`)
}
const MX = (owner: string, target: string) => {
  const [mailServer, text] = inside(target)
  return draft('MXRecord', owner, { priority: 10, mailServer }, `MX 10 ${text}`)
}

const out = 'ns.example.net.'
const alias = 'TargetIsAlias'
const missing = 'TargetMissing'

// What it is, what the zone has already, the record that comes; named's UPDATE, named's load, and what we decide.
const table: [what: string, there: Draft[], comes: Draft, update: string, load: string, decided: string][] = [
  ['MX to an address', [A('host')], MX('@', 'host'), 'served', 'loads', 'served'],
  ['MX to an IPv6 address', [AAAA('host')], MX('@', 'host'), 'served', 'loads', 'served'],
  ['MX to an alias', [CNAME('host')], MX('@', 'host'), 'REFUSED', 'loads', alias],
  ['MX to a name that is missing', [], MX('@', 'host'), 'REFUSED', 'loads', missing],
  ['MX to itself', [], MX('host', 'host'), 'REFUSED', 'loads', missing],
  ['MX at a wildcard, missing', [], MX('*.wild', 'host'), 'REFUSED', 'loads', missing],
  ['MX to a name without address', [TXT('host')], MX('@', 'host'), 'REFUSED', 'loads', missing],
  ['MX to an empty name', [TXT('below.host')], MX('@', 'host'), 'served', 'loads', missing],
  ['MX to no host', [], MX('host', '.'), 'served', 'loads', 'served'],
  ['MX elsewhere', [], MX('host', out), 'served', 'loads', 'served'],
  ['MX through a wildcard', [A('*.w')], MX('@', 'host.w'), 'served', 'loads', 'served'],
  ['MX two labels below a wildcard', [A('*.w')], MX('@', 'a.host.w'), 'served', 'loads', 'served'],
  ['MX to a wildcard alias', [CNAME('*.w')], MX('@', 'host.w'), 'REFUSED', 'loads', alias],
  ['MX to a wildcard without address', [TXT('*.w')], MX('@', 'host.w'), 'REFUSED', 'loads', missing],
  ['MX past a nearer name', [A('*.w'), TXT('a.b.w')], MX('@', 'host.b.w'), 'REFUSED', 'loads', missing],
  ['MX below a delegation', [NS('sub', out)], MX('@', 'host.sub'), 'served', 'loads', 'served'],
  ['MX at a delegation', [NS('sub', out)], MX('@', 'sub'), 'served', 'loads', 'served'],
  ['apex NS to an address', [A('host')], NS('@', 'host'), 'served', 'loads', 'served'],
  ['apex NS to an alias', [CNAME('host')], NS('@', 'host'), 'REFUSED', 'bad zone', alias],
  ['apex NS to a missing name', [], NS('@', 'host'), 'REFUSED', 'bad zone', missing],
  ['apex NS without address', [TXT('host')], NS('@', 'host'), 'REFUSED', 'bad zone', missing],
  ['apex NS through a wildcard', [A('*.w')], NS('@', 'host.w'), 'served', 'loads', 'served'],
  ['apex NS to a wildcard alias', [CNAME('*.w')], NS('@', 'host.w'), 'REFUSED', 'bad zone', alias],
  ['apex NS below a delegation', [NS('sub', out)], NS('@', 'host.sub'), 'served', 'loads', 'served'],
  ['apex NS at a delegation', [NS('sub', out)], NS('@', 'sub'), 'served', 'loads', 'served'],
  ['delegation with glue', [A('host.sub')], NS('sub', 'host.sub'), 'served', 'loads', 'served'],
  ['delegation to itself with glue', [A('sub')], NS('sub', 'sub'), 'served', 'loads', 'served'],
  ['delegation without glue', [], NS('sub', 'host.sub'), 'served', 'loads', missing],
  ['delegation to an alias as glue', [CNAME('host.sub')], NS('sub', 'host.sub'), 'served', 'loads', alias],
  ['delegation to a wildcard as glue', [A('*.sub')], NS('sub', 'host.sub'), 'served', 'loads', missing],
  ['delegation to a host of the zone', [A('host')], NS('sub', 'host'), 'served', 'loads', 'served'],
  ['delegation to a missing name', [], NS('sub', 'host'), 'served', 'loads', missing],
  ['delegation to an alias', [CNAME('host')], NS('sub', 'host'), 'served', 'loads', alias],
  ['delegation to a host of another', [NS('other', out)], NS('sub', 'host.other'), 'served', 'loads', 'served'],
  ['delegation below a delegation', [NS('sub', out)], NS('a.sub', out), 'served', 'loads', 'Occluded'],
  ['data below a delegation', [NS('sub', out)], TXT('a.sub'), 'served', 'loads', 'Occluded'],
  ['data at a delegation', [NS('sub', out)], TXT('sub'), 'served', 'loads', 'Occluded'],
]

test.each(table)('%s', async (what, there, comes, update, load, decided) => {
  const name = `${what.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.test.`
  expect(await updated(`u.${name}`, there, comes)).toBe(update)
  expect(await loaded(`l.${name}`, [...there, comes])).toBe(load)
  expect(decide(there, comes)).toBe(decided)
})

const lineOf = ({ owner, text }: Draft, zone: string) =>
  `${owner === '@' ? zone : `${owner}.${zone}`} 60 ${text.replaceAll('$', zone)}`

/** What becomes of a record that is added to a zone by UPDATE. */
async function updated(zone: string, there: readonly Draft[], comes: Draft): Promise<string> {
  expect(await loaded(zone, there)).toBe('loads')
  const { code, stderr } = await named.nsupdate(`zone ${zone}\nupdate add ${lineOf(comes, zone)}`)
  if (code !== 0) return /REFUSED/.exec(stderr)?.[0] ?? stderr
  const served = (await named.signed.dig('+nosplit', zone, 'AXFR')).replaceAll(/[ \t]+/g, ' ').replaceAll(' IN ', ' ')
  return served.includes(lineOf(comes, zone)) ? 'served' : 'ignored'
}

/** Whether named loads a zone with these records. */
async function loaded(zone: string, drafts: readonly Draft[]): Promise<string> {
  const own = ['$TTL 60', `${zone} SOA ns.${zone} admin.${zone} 1 60 60 60 60`, `${zone} NS ns.${zone}`]
  const lines = [...own, `ns.${zone} A 192.0.2.53`, ...drafts.map(each => lineOf(each, zone))]
  writeFileSync(join(named.data, `${zone}db`), `${lines.join('\n')}\n`)
  const access = openTo(named.tsigKey.name)
  const { code, stderr } = await named.rndc('addzone', zone, `{ type primary; file "${zone}db"; ${access} };`)
  return code === 0 ? 'loads' : (/failed: (.*)/.exec(stderr)?.[1] ?? stderr)
}

/** What we decide of the record that comes, the youngest of all. */
function decide(there: readonly Draft[], comes: Draft): string {
  const claims = new Claims()
  for (const [created, { kind, owner, spec }] of [...there, comes].entries())
    claims.put(record(kind, `r${created}`, { name: owner, ...spec }, { created }))
  const desired = new DesiredZone(zone(), claims.of('example.com.'), { known: ['192.0.2.53'], areAll: true })
  const remarks = [...desired.owners()].flatMap(owner => [...desired.decide(owner).refused])
  return remarks.find(([{ metadata }]) => metadata.name === `r${there.length}`)?.[1].reason ?? 'served'
}
