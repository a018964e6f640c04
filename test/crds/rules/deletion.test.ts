import { describe, expect, test } from '@jest/globals'
import { CONFIRM_DELETE, check, checkDelete, ObjectIndex, wholeOf } from '#crds'
import { address, alias, record, stored, zone } from './objects.ts'

const ids = (object: unknown, all: readonly unknown[]) =>
  checkDelete(object, { others: ObjectIndex.of(all) }).map(({ rule }) => rule)

const leaving = <T extends ReturnType<typeof zone>>(object: T) => ({
  ...object,
  metadata: { ...object.metadata, deletionTimestamp: '2026-01-02T00:00:00Z' },
})

const server = (name: string, role = 'primary', clusterRef = 'servers') => {
  const external = { address: '192.0.2.53', rndcSecretRef: { name: 'rndc' }, tsigSecretRef: { name: 'tsig' } }
  return stored(wholeOf({ kind: 'Bind9Instance', spec: { role, clusterRef, external } }, name))
}

describe('the deletion of a DNSZone', () => {
  const one = stored(zone())
  const www = stored(address('www'))
  const elsewhere = stored(record('ARecord', 'www', { zone: 'example.net', ipv4Address: '192.0.2.1' }))
  const confirm = (value: string) => stored(zone({}, { annotations: { [CONFIRM_DELETE]: value } }))

  const table: [what: string, object: unknown, all: readonly unknown[], rules: string[]][] = [
    ['with a record', one, [one, www], ['BND-R044']],
    ['without', one, [one], []],
    ['with a record that is on its way out', one, [one, leaving(www)], []],
    [
      'with a record that it does not let in',
      one,
      [one, stored(address('www', '192.0.2.1', { namespace: 'web' }))],
      [],
    ],
    ['with a record of another zone', one, [one, elsewhere], []],
    ['confirmed', confirm('true'), [one, www], []],
    ['confirmed with another word', confirm('yes'), [one, www], ['BND-R044']],
    ['that stays on its servers', stored(zone({ deletionPolicy: 'retain' })), [one, www], []],
    [
      'that is not the one served',
      stored(zone({}, { name: 'late' }), 2),
      [one, www, stored(zone({}, { name: 'late' }), 2)],
      [],
    ],
    ['that nothing is known of', one, [], []],
  ]
  test.each(table)('%s', (_, object, all, rules) => {
    expect(ids(object, all)).toEqual(rules)
  })
})

describe('the deletion of a Bind9Instance', () => {
  const ns1 = server('ns1')
  const table: [what: string, object: unknown, all: readonly unknown[], rules: string[]][] = [
    ['that is the last primary of a zone', ns1, [zone(), ns1], ['BND-R045']],
    ['that is the last primary beside a secondary', ns1, [zone(), ns1, server('ns2', 'secondary')], ['BND-R045']],
    ['that is the last primary beside one that goes', ns1, [zone(), ns1, leaving(server('ns2'))], ['BND-R045']],
    ['beside another primary', ns1, [zone(), ns1, server('ns2')], []],
    ['of another cluster', server('ns3', 'primary', 'others'), [zone(), ns1, server('ns3', 'primary', 'others')], []],
    ['that is a secondary', server('ns2', 'secondary'), [zone(), ns1, server('ns2', 'secondary')], []],
    ['without any zone', ns1, [ns1], []],
  ]
  test.each(table)('%s', (_, object, all, rules) => {
    expect(ids(object, all)).toEqual(rules)
  })
})

test('what is on its way out stands in the way of nothing', () => {
  const others = (...all: unknown[]) => ({ others: ObjectIndex.of(all) })
  expect(check(alias('www'), others(stored(zone()), leaving(stored(address('www')))))).toEqual([])
  const again = check(zone({}, { name: 'again' }), others(leaving(stored(zone()))))
  expect(again.map(({ rule }) => rule)).toEqual(['BND-W022'])
  const gone = leaving(stored(alias('b', 'a.example.com.')))
  expect(check(alias('a', 'b.example.com.'), others(stored(zone()), gone))).toEqual([])
  const service = record('SRVRecord', '_x._tcp', { priority: 0, weight: 0, port: 1, target: 'b.example.com.' })
  expect(check(service, others(stored(zone()), gone))).toEqual([])
})
