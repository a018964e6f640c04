import fc from 'fast-check'
import { type DNSZone, type RdataField, type RecordObject, recordTypeOfKind, rname } from '#crds'
import type { ZoneObjects } from '../../../plugin/src/zonefile/fromzone.ts'
import { asStored } from '../../../plugin/src/zonefile/objectzone.ts'

/** Objects as they stand. */
export interface Stored {
  readonly zone: DNSZone
  readonly records: readonly RecordObject[]
}

type Values = Readonly<Record<string, unknown>>

/** Numbers below one that is given, from a test. */
export type Roll = (below: number) => number

export const rolls: fc.Arbitrary<Roll> = fc
  .infiniteStream(fc.nat(1_000_000))
  .map(numbers => below => (numbers.next().value as number) % below)

/** Objects that say the same as others, as people write them: in other spellings, an RRset in several objects. */
export function untidy({ zone, records }: ZoneObjects, roll: Roll): Stored {
  if (!zone) throw new Error('the records make no zone')
  const stored = records.flatMap(record => parts(asStored<RecordObject>(record), roll))
  const made = asStored<DNSZone>(zone)
  return { zone: untidyZone(made, roll), records: stored.map(record => untidyRecord(record, made, roll)) }
}

function untidyZone(zone: DNSZone, roll: Roll): DNSZone {
  const { zoneName, soaRecord, nameServers = [] } = zone.spec
  const glue = {
    hostname: inCase('ns1.glue.example.com', roll),
    ipv4Address: '192.0.2.53',
    ipv6Address: '2001:DB8:0::53',
  }
  const servers = [
    ...nameServers.map(one => ({ ...one, hostname: spelt(one.hostname, roll) })),
    ...(roll(2) ? [glue] : []),
  ]
  const adminEmail = roll(2) ? rname(soaRecord.adminEmail) : soaRecord.adminEmail
  const soa = { ...soaRecord, primaryNs: spelt(soaRecord.primaryNs, roll), adminEmail }
  const spec = {
    ...zone.spec,
    zoneName: spelt(`${zoneName}.`, roll),
    soaRecord: soa,
    nameServers: servers.toSorted(() => roll(3) - 1),
  }
  return { ...zone, spec }
}

function untidyRecord(record: RecordObject, zone: DNSZone, roll: Roll): RecordObject {
  const { name, ttl = zone.spec.ttl, ...rest } = record.spec as Values & RecordObject['spec']
  const { fields } = recordTypeOfKind(record.kind)
  const values = fields.flatMap(field =>
    [field.name, ...(field.list ? [field.list] : [])].map(key => [key, field] as const),
  )
  const changed = values.flatMap(([key, field]) => (key in rest ? [[key, valueIn(rest[key], field, roll)]] : []))
  const isWhole = roll(2) === 0 && name !== '@' && !name.endsWith('.')
  const owner = isWhole ? `${name}.example.com.` : name
  return {
    ...record,
    spec: {
      ...rest,
      ...Object.fromEntries(changed),
      zone: spelt('example.com.', roll),
      name: inCase(owner, roll),
      ...((roll(2) || ttl !== zone.spec.ttl) && { ttl }),
    },
  } as RecordObject
}

function valueIn(value: unknown, { wire }: RdataField, roll: Roll): unknown {
  if (Array.isArray(value) && wire !== 'strings') return value.map(one => valueIn(one, { wire } as RdataField, roll))
  if (wire === 'name') return spelt(value as string, roll)
  return wire === 'ipv6' || wire === 'hex' ? inCase(value as string, roll) : value
}

/** An object of a list of values as two, which have one of them both. */
function parts(record: RecordObject, roll: Roll): RecordObject[] {
  const list = recordTypeOfKind(record.kind).fields[0]?.list
  const values = list === undefined ? undefined : (record.spec as unknown as Record<string, unknown>)[list]
  if (list === undefined || !Array.isArray(values) || roll(2)) return [record]
  const at = 1 + roll(values.length - 1)
  return [values.slice(0, at), values.slice(at - 1)].map((some, i) => {
    const name = `${record.metadata.name}-${i}`
    return { ...record, metadata: { ...record.metadata, name, uid: name }, spec: { ...record.spec, [list]: some } }
  })
}

// A whole name may lack its final dot, unless it is a single label.
function spelt(name: string, roll: Roll): string {
  const isLong = /[^\\].*\..*[^\\]\.$/.test(name)
  return inCase(isLong && roll(2) ? name.slice(0, -1) : name, roll)
}

function inCase(text: string, roll: Roll): string {
  return roll(2) ? text.toUpperCase() : text
}
