import fc from 'fast-check'
import {
  nameOfLabels,
  type RdataField,
  type RdataValues,
  type RecordType,
  recordTypes,
  soaForm,
  type Wire,
} from '#crds'
import { rdataCodec } from '../../../plugin/src/zonefile/codec.ts'
import type { ZoneRecord } from '../../../plugin/src/zonefile/rrset.ts'

const table: readonly RecordType[] = recordTypes
const NOT_BESIDE_OTHERS = new Set(['CNAME', 'NS'])
// Types whose owner name BIND wants to be a host's.
const OF_HOSTS = new Set(['A', 'AAAA', 'MX'])

// Types whose target need not be a host's name.
const OF_ANYTHING = new Set(['CNAME', 'PTR'])

const hostLabel = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/)
const oddLabel = fc
  .array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 12 })
  .map(octets => String.fromCharCode(...octets))
const elsewhere = fc.array(hostLabel, { minLength: 1, maxLength: 3 }).map(labels => nameOfLabels([...labels, 'net']))
const oddName = fc.array(oddLabel, { maxLength: 3 }).map(nameOfLabels)

const values: { readonly [W in Wire]: fc.Arbitrary<string | number | readonly string[]> } = {
  ipv4: fc.ipV4(),
  ipv6: fc.ipV6().filter(text => !text.includes('.')),
  name: elsewhere,
  u8: fc.nat(255),
  u16: fc.nat(65_535),
  u32: fc.nat(2 ** 32 - 1),
  strings: fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { minLength: 1, maxLength: 4 }),
  tag: fc.stringMatching(/^[a-zA-Z0-9]{1,15}$/),
  text: fc.string({ unit: 'binary', maxLength: 300 }),
  hex: fc.constant(''),
}

// The type of a hash says how long it is: made at random the two would not fit, so that the table's example stands in.
function rdataOf(entry: RecordType): fc.Arbitrary<RdataValues> {
  if (entry.fields.some(({ wire }) => wire === 'hex')) return fc.constant(entry.example.spec)
  const parts = entry.fields.map((field): [string, fc.Arbitrary<RdataValues[string]>] => [
    field.name,
    fieldValue(entry, field),
  ])
  return fc.record(Object.fromEntries(parts))
}

function fieldValue(entry: RecordType, { wire }: RdataField) {
  return wire === 'name' && OF_ANYTHING.has(entry.type) ? fc.oneof(elsewhere, oddName) : values[wire]
}

interface Node {
  readonly owner: string
  readonly records: readonly ZoneRecord[]
}

function rrset(owner: string, entry: RecordType): fc.Arbitrary<ZoneRecord[]> {
  const most = entry.type === 'CNAME' ? 1 : 4
  return fc
    .tuple(fc.nat(100_000), fc.array(rdataOf(entry), { minLength: 1, maxLength: most }))
    .map(([ttl, list]) =>
      list.map(values => ({ owner, ttl, type: entry.code, rdata: rdataCodec.encode(entry, values) })),
    )
}

function node(owner: string, entries: readonly RecordType[]): fc.Arbitrary<Node> {
  return fc
    .subarray([...entries], { minLength: 1, maxLength: Math.min(4, entries.length) })
    .chain(chosen => fc.tuple(...chosen.map(entry => rrset(owner, entry))))
    .map(rrsets => ({ owner, records: rrsets.flat() }))
}

const besideOthers = table.filter(({ type }) => !NOT_BESIDE_OTHERS.has(type))
const only = (name: string) => table.filter(({ type }) => type === name)

/** Names of hosts, of anything, of aliases and of delegations; none lies below a delegation. */
function nodes(apex: string): fc.Arbitrary<Node> {
  const name = (labels: readonly string[]) => nameOfLabels([...labels, ...apex.slice(0, -1).split('.')])
  const host = fc.oneof(
    fc.array(hostLabel, { minLength: 1, maxLength: 2 }).map(labels => name([...labels, 'h'])),
    fc.constantFrom(apex, name(['*', 'h']), name(['example', 'com', 'h']), name(['example', 'com'])),
  )
  const odd = fc.array(oddLabel, { minLength: 1, maxLength: 3 }).map(labels => name([...labels, 'o']))
  return fc.oneof(
    host.chain(owner => node(owner, besideOthers)),
    odd.chain(owner =>
      node(
        owner,
        besideOthers.filter(({ type }) => !OF_HOSTS.has(type)),
      ),
    ),
    hostLabel.chain(label => node(name([label, 'alias']), only('CNAME'))),
    hostLabel.chain(label => node(name([label, 'sub']), only('NS'))),
  )
}

/** The records of a zone that BIND loads, with name servers elsewhere. */
export function randomZone(apex: string): fc.Arbitrary<ZoneRecord[]> {
  const soa = fc.tuple(
    elsewhere,
    hostLabel,
    fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    fc.integer({ min: 1, max: 100_000 }),
  )
  const ns = only('NS')[0] as RecordType
  return fc
    .tuple(
      soa,
      fc.nat(100_000),
      fc.uniqueArray(elsewhere, { minLength: 1, maxLength: 4 }),
      fc.array(nodes(apex), { maxLength: 20 }),
    )
    .map(([[mname, mailbox, serial, refresh], ttl, servers, found]) => {
      const rname = `${mailbox}.${mname}`
      const soaRdata = { mname, rname, serial, refresh, retry: 1, expire: refresh + 2, minimum: 5 }
      return [
        { owner: apex, ttl, type: 6, rdata: rdataCodec.encode(soaForm, soaRdata) },
        ...servers.map(nameserver => ({ owner: apex, ttl, type: 2, rdata: rdataCodec.encode(ns, { nameserver }) })),
        ...[...new Map(found.map(one => [one.owner, one])).values()].flatMap(({ records }) => records),
      ]
    })
}
