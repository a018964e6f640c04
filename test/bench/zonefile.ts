import { type DNSZone, parseZoneFile, type RecordObject, recordKinds, zoneKind } from '#crds'
import { newObject } from '../../plugin/src/cluster.ts'
import { rdataCodec } from '../../plugin/src/zonefile/codec.ts'
import { fromZone } from '../../plugin/src/zonefile/fromzone.ts'
import { asStored, ObjectZone } from '../../plugin/src/zonefile/objectzone.ts'
import { printHead, printRecords } from '../../plugin/src/zonefile/print.ts'
import { nowMs } from './clock.ts'
import { atMost, type Figure, type Section, seconds } from './figure.ts'
import { median } from './statistics.ts'

const RECORDS = 100_000
const ROUNDS = 5
const APEX = 'example.com.'

/** A zone file of very many records: printed of its objects, and read back to objects. */
export function benchZonefile(tell: (step: string) => void): Omit<Section, 'title'> {
  tell(`${RECORDS} records, ${ROUNDS} times each way`)
  const zone = zoneObject()
  const records = recordObjects()
  const spans = Array.from({ length: ROUNDS }, () => roundTrip(zone, records))
  const figure = (what: string, of: keyof Spans): Figure => ({
    what,
    value: seconds(median(spans.map(one => one[of]))),
  })
  const printMs = median(spans.map(({ printMs }) => printMs))
  return {
    figures: [
      {
        ...figure(`${RECORDS} objects to text, p50 of ${ROUNDS}`, 'printMs'),
        ...atMost(3000, printMs, seconds),
      },
      figure('  text to records', 'parseMs'),
      figure('  records to objects', 'objectsMs'),
    ],
    notes: [
      'Objects to text, and text to objects, are measured in one process, without the API server. ' +
        'Objects to text is deciding what is served of them, and printing it with the object of each record.',
    ],
  }
}

interface Spans {
  readonly printMs: number
  readonly parseMs: number
  readonly objectsMs: number
}

function roundTrip(zone: DNSZone, records: readonly RecordObject[]): Spans {
  const startMs = nowMs()
  const around = { serverAddresses: ['192.0.2.53'], children: new Map<string, string>() }
  const text = [...printHead(zone), ...printRecords(new ObjectZone(zone, records, around)), ''].join('\n')
  const printedMs = nowMs()
  const { records: found, faults } = parseZoneFile(text, { file: 'zone', codec: rdataCodec })
  const parsedMs = nowMs()
  const objects = fromZone(found, { apex: APEX, namespace: 'default', name: 'example-com' })
  const endMs = nowMs()
  if (faults.length > 0 || objects.faults.length > 0 || found.length !== RECORDS + 3)
    throw new Error(`Cannot measure: ${found.length} records came back, with ${faults.length} faults`)
  return { printMs: printedMs - startMs, parseMs: parsedMs - printedMs, objectsMs: endMs - parsedMs }
}

function zoneObject(): DNSZone {
  const soaRecord = {
    primaryNs: 'ns1.example.com.',
    adminEmail: 'admin@example.com',
    refresh: 1,
    retry: 1,
    expire: 9,
    negativeTtl: 5,
  }
  const spec = { zoneName: 'example.com', clusterRef: 'bench', ttl: 3600, soaRecord }
  return asStored(newObject(zoneKind, { namespace: 'default', name: 'example-com' }, spec))
}

// Of every four names three have an address, of either kind, and one is an alias or a text.
function recordObjects(): RecordObject[] {
  return Array.from({ length: RECORDS }, (_, i) => {
    const name = `host-${i}`
    const [type, values] = forms[i % forms.length] ?? forms[0]
    const kind = recordKinds.find(one => one.kind === `${type}Record`)
    if (!kind) throw new Error(`No kind for ${type}`)
    const at = { namespace: 'default', name: `${name}.example.com` }
    return asStored<RecordObject>(newObject(kind, at, { zone: 'example.com', name, ...values(i) }))
  })
}

const forms = [
  ['A', (i: number) => ({ ipv4Address: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}` })],
  ['AAAA', (i: number) => ({ ipv6Address: `2001:db8::${i >> 16}:${(i & 0xffff).toString(16)}` })],
  ['A', (i: number) => ({ ttl: 300, ipv4Address: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}` })],
  ['CNAME', (i: number) => ({ target: `host-${i + 1}.example.com.` })],
  ['TXT', (i: number) => ({ text: [`v=spf1 ip4:192.0.2.${i & 255} -all`] })],
] as const
