import fc from 'fast-check'
import { zoneKind } from '#crds'

type Spec = Readonly<Record<string, unknown>>

/** An object before it is made: what it says in some zone. */
export interface Draft {
  readonly kind: string
  readonly spec: (zone: string) => Spec
}

// What is served of these does not hang on who is older: each type has one TTL, and CNAMEs have names of their own and
// one target, but for those at the apex, which are refused.
const www = fc.constantFrom('@', 'www', 'WWW', 'mail')
const alias = fc.constantFrom('@', 'alias', 'other')
const record: fc.Arbitrary<Draft> = fc.oneof(
  drafts('ARecord', www, ['192.0.2.1', '192.0.2.2'], address => ({ ttl: 60, ipv4Addresses: [address] })),
  drafts('AAAARecord', www, ['2001:db8::1', '2001:db8::2'], address => ({ ipv6Addresses: [address] })),
  drafts('TXTRecord', www, ['one', 'two'], text => ({ ttl: 300, text: [text] })),
  drafts('MXRecord', www, ['a', 'b'], host => ({ priority: 10, mailServer: `${host}.example.net.` })),
  drafts('CNAMERecord', alias, ['www'], target => ({ ttl: 300, target: `${target}.example.net.` })),
)

const zone: Draft = {
  kind: zoneKind.kind,
  spec: zoneName => ({
    zoneName,
    clusterRef: 'dns',
    soaRecord: { primaryNs: 'ns1.example.net.', adminEmail: 'admin.example.net.' },
  }),
}

/** A zone and its records, in two orders. */
export const twoOrders: fc.Arbitrary<readonly [readonly Draft[], readonly Draft[]]> = fc
  .array(record, { minLength: 9, maxLength: 9 })
  .map(records => [zone, ...records])
  .chain(all => fc.tuple(inAnyOrder(all), inAnyOrder(all)))

function inAnyOrder(all: readonly Draft[]): fc.Arbitrary<Draft[]> {
  return fc.shuffledSubarray([...all], { minLength: all.length, maxLength: all.length })
}

function drafts(kind: string, names: fc.Arbitrary<string>, values: readonly string[], specOf: (value: string) => Spec) {
  return fc.tuple(names, fc.constantFrom(...values)).map(([name, value]): Draft => {
    const spec = { name, ...specOf(value) }
    const text = `${kind} ${JSON.stringify(spec)}`
    return Object.assign({ kind, spec: (zone: string) => ({ zone, ...spec }) }, { [fc.toStringMethod]: () => text })
  })
}
