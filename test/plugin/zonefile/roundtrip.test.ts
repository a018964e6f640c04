import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type DNSZone, parseZoneFile, printFault, type RecordObject } from '#crds'
import { planImport } from '../../../plugin/src/import/plan.ts'
import { rdataCodec } from '../../../plugin/src/zonefile/codec.ts'
import { fromZone, type ZoneObjects } from '../../../plugin/src/zonefile/fromzone.ts'
import { asStored, ObjectZone, soaOf } from '../../../plugin/src/zonefile/objectzone.ts'
import { printHead, printRecords } from '../../../plugin/src/zonefile/print.ts'
import { rrsetsOf, type ZoneRecord } from '../../../plugin/src/zonefile/rrset.ts'
import { type Bind9, provideBind9, run, temporaryDirectory } from '../../cluster/index.ts'
import { randomZone } from './randomzone.ts'
import { rolls, type Stored, untidy } from './untidy.ts'

const APEX = 'example.com.'
const options = { apex: APEX, namespace: 'dns', name: 'example-com', spec: { clusterRef: 'dns' } }
const directory = temporaryDirectory()
let bind9: Bind9

beforeAll(async () => {
  bind9 = await provideBind9()
})

afterAll(() => directory.remove())

function print({ zone, records }: ZoneObjects): string {
  const stored = records.map(record => asStored<RecordObject>(record))
  if (!zone) throw new Error('the records make no zone')
  const around = { serverAddresses: [], children: new Map() }
  const made = asStored<DNSZone>(zone)
  return [...printHead(made), ...printRecords(new ObjectZone(made, stored, around)), ''].join('\n')
}

function parse(text: string) {
  const { records, faults } = parseZoneFile(text, { file: 'zone', codec: rdataCodec })
  expect(faults.map(printFault)).toEqual([])
  return records
}

/** What records say, whatever their order and however often they say it; the SOA's TTL is the zone's. */
function said(records: Iterable<ZoneRecord>): string[] {
  return rrsetsOf(records)
    .filter(({ type }) => type !== 6)
    .map(({ owner, type, ttl, records }) => JSON.stringify([owner, type, ttl, records.map(({ rdata }) => rdata)]))
}

async function checkZone(text: string): Promise<string> {
  const file = join(directory.path, 'zone')
  writeFileSync(file, text)
  const { code, stdout } = await run(bind9['named-checkzone'], ['-i', 'full', '-k', 'fail', APEX, file])
  return code === 0 ? 'accepted' : stdout
}

test('a zone made of records prints as a file that named-checkzone accepts, and that makes the same objects', async () => {
  await fc.assert(
    fc.asyncProperty(randomZone(APEX), async records => {
      const objects = fromZone(records, options)
      expect(objects.faults).toEqual([])
      const text = print(objects)
      expect(await checkZone(text)).toBe('accepted')
      const parsed = parse(text)
      expect(said(parsed)).toEqual(said(records))
      const again = fromZone(parsed, options)
      expect(again).toEqual(objects)
      expect(print(again)).toBe(text)
    }),
    { numRuns: 25 },
  )
})

test('the order of records does not matter to the objects, whose names are valid and unlike each other', () => {
  fc.assert(
    fc.property(randomZone(APEX), fc.infiniteStream(fc.nat()), (records, numbers) => {
      const { records: objects } = fromZone(records, options)
      const shuffled = records
        .map(record => ({ record, at: numbers.next().value }))
        .sort((a, b) => a.at - b.at)
        .map(({ record }) => record)
      expect(fromZone(shuffled, options).records).toEqual(objects)
      const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      expect(new Set(names).size).toBe(names.length)
      for (const { metadata } of objects) {
        expect(metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/)
        expect(metadata.name.length).toBeLessThanOrEqual(253)
      }
    }),
  )
})

const around = { serverAddresses: ['192.0.2.99'], children: new Map<string, string>() }

/** All that a zone serves when it is made of objects. */
function desired({ zone, records }: Stored) {
  const made = new ObjectZone(zone, records, around)
  expect(made.unserved()).toEqual([])
  const rrsets = made
    .owners()
    .flatMap(owner =>
      [...made.bornNode(owner)]
        .map(([type, { ttl, rdata }]) => JSON.stringify([owner, type, ttl, rdata.toSorted()]))
        .sort(),
    )
  return { soa: soaOf(zone), rrsets }
}

test('objects in any spelling are exported as a file that finds them standing, and makes the same zone elsewhere', () => {
  fc.assert(
    fc.property(randomZone(APEX), rolls, (found, roll) => {
      const stored = untidy(fromZone(found, options), roll)
      const made = new ObjectZone(stored.zone, stored.records, around)
      const records = parse([...printHead(stored.zone), ...printRecords(made), ''].join('\n'))
      const imported = {
        apex: APEX,
        namespace: 'dns',
        name: 'example-com',
        skipsForeign: false,
        prunes: { fieldManager: 'x', force: false },
      }
      const plan = planImport(records, imported, { ...stored, around })
      expect([plan.faults, plan.records, plan.pruned, plan.others]).toEqual([[], [], [], []])
      expect([plan.zoneVerb, plan.zone?.spec]).toEqual(['unchanged', stored.zone.spec])
      const elsewhere = fromZone(records, options)
      const again = {
        zone: asStored<DNSZone>(elsewhere.zone as NonNullable<typeof elsewhere.zone>),
        records: elsewhere.records.map(one => asStored<RecordObject>(one)),
      }
      expect(desired(again)).toEqual(desired(stored))
    }),
  )
})
