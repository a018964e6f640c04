import { describe, expect, test } from '@jest/globals'
import { decodeRdata } from '#bind9'
import { type DNSZone, type Node, type RecordObject, recordTypeOfCode } from '#crds'
import { Claims } from '../../../controller/src/reconcile/zone/claims.ts'
import { ownData, sameSoa } from '../../../controller/src/reconcile/zone/own.ts'
import { address, record, zone } from './objects.ts'

const servers = ['192.0.2.53', '2001:db8::53']

function claimsOf(records: readonly RecordObject[]) {
  const claims = new Claims()
  for (const object of records) claims.put(object)
  return claims.of('example.com.')
}

/** The zone's own data in text, by owner name. */
function own(object: DNSZone, records: readonly RecordObject[] = [], addresses = servers) {
  const { nodes, glueFromServers } = ownData(object, addresses, claimsOf(records))
  return { nodes: Object.fromEntries([...nodes].map(([owner, node]) => [owner, text(node)])), glueFromServers }
}

function text(node: Node): string[] {
  return [...node].flatMap(([type, { ttl, rdata }]) => {
    const entry = recordTypeOfCode(type)
    if (!entry) throw new Error(`no type ${type}`)
    return rdata.map(
      octets => `${ttl} ${entry.type} ${Object.values(decodeRdata(entry, Buffer.from(octets, 'latin1')))}`,
    )
  })
}

describe('ownData()', () => {
  test("of the fewest fields: the primaryNs is the only NS, and stands on the servers' own addresses", () => {
    expect(own(zone())).toEqual({
      nodes: {
        'example.com.': ['3600 NS ns1.example.com.'],
        'ns1.example.com.': ['3600 A 192.0.2.53', '3600 AAAA 2001:db8::53'],
      },
      glueFromServers: ['ns1.example.com.'],
    })
  })

  test('makes no glue for a name server outside the zone', () => {
    const primaryNs = 'ns.example.net.'
    expect(own(zone({ soaRecord: { primaryNs } }))).toEqual({
      nodes: { 'example.com.': ['3600 NS ns.example.net.'] },
      glueFromServers: [],
    })
  })

  test('serves the addresses of nameServers, and the servers own where none is given', () => {
    const nameServers = [
      { hostname: 'NS1.example.com', ipv4Address: '192.0.2.1' },
      { hostname: 'ns2.example.com.', ipv6Address: '2001:db8::2' },
      { hostname: 'ns3.example.com.' },
      { hostname: 'ns.example.net.', ipv4Address: '192.0.2.4' },
    ]
    const { nodes, glueFromServers } = own(zone({ ttl: 60, nameServers }), [], ['192.0.2.53'])
    expect(nodes['ns1.example.com.']).toEqual(['60 A 192.0.2.1'])
    expect(nodes['ns2.example.com.']).toEqual(['60 AAAA 2001:db8::2'])
    expect(nodes['ns3.example.com.']).toEqual(['60 A 192.0.2.53'])
    expect(nodes['ns.example.net.']).toBeUndefined()
    expect(nodes['example.com.']).toHaveLength(4)
    expect(glueFromServers).toEqual(['ns3.example.com.'])
  })

  test('leaves a name server alone that a record gives an address', () => {
    expect(own(zone(), [address('ns1', '192.0.2.9')])).toMatchObject({ glueFromServers: [] })
    expect(own(zone(), [record('AAAARecord', 'ns1', { ipv6Address: '2001:db8::9' })]).glueFromServers).toEqual([])
  })

  test('counts no record that is not served: of another type, of another namespace, beside an older CNAME', () => {
    const glue = ['ns1.example.com.']
    expect(own(zone(), [record('TXTRecord', 'ns1', { text: ['x'] })]).glueFromServers).toEqual(glue)
    expect(own(zone(), [address('ns1', '192.0.2.9', { namespace: 'else' })]).glueFromServers).toEqual(glue)
    const alias = record('CNAMERecord', 'ns1', { target: 'www.example.net.' })
    expect(own(zone(), [alias, address('ns1', '192.0.2.9', { created: 5 })]).glueFromServers).toEqual(glue)
  })

  test('takes a name server at the apex for what it is', () => {
    const { nodes } = own(zone({ soaRecord: { primaryNs: 'example.com' } }), [], ['192.0.2.53'])
    expect(nodes).toEqual({ 'example.com.': ['3600 NS example.com.', '3600 A 192.0.2.53'] })
  })

  test('reads the SOA, with the mailbox as a name', () => {
    const { soa } = ownData(zone({ soaRecord: { adminEmail: 'dns.admin@example.com', refresh: 7 } }), [], claimsOf([]))
    expect(soa).toEqual({
      mname: 'ns1.example.com.',
      rname: 'dns\\.admin.example.com.',
      refresh: 7,
      retry: 600,
      expire: 604800,
      minimum: 300,
    })
    expect(sameSoa(soa, { ...soa, serial: 1 })).toBe(true)
    expect(sameSoa({ ...soa, serial: 2 } as typeof soa, { ...soa, serial: 1 })).toBe(true)
    expect(sameSoa(soa, { ...soa, serial: 1, retry: 601 })).toBe(false)
  })
})
