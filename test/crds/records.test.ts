import { isIPv4, isIPv6 } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import {
  canonicalName,
  type Kind,
  kinds,
  printRdata,
  type RdataField,
  type RdataValues,
  type RecordType,
  rdatasOf,
  recordKinds,
  recordTypeOfCode,
  recordTypeOfKind,
  recordTypes,
  typeName,
  type Wire,
} from '#crds'

const table: readonly RecordType[] = recordTypes
const byType = table.map(entry => [entry.type, entry] as const)

function repeated(list: readonly (string | number)[]): (string | number)[] {
  return list.filter((item, i) => list.indexOf(item) !== i)
}

describe('the table of record types', () => {
  test('names each type, code and kind once', () => {
    expect(repeated(table.map(entry => entry.type))).toEqual([])
    expect(repeated(table.map(entry => entry.code))).toEqual([])
    expect(repeated(table.map(entry => entry.kind))).toEqual([])
  })

  // Types that zones, transfers and the protocol have for themselves (RFC 6895 section 3.1).
  test.each(byType)('%s has the code of a type of data', (_, { code }) => {
    expect(code > 0 && code < 65280 && code !== 6 && code !== 41 && !(code >= 128 && code <= 255)).toBe(true)
  })

  test.each(byType)('%s is named after its type', (_, { type, kind, plural, shortName }) => {
    expect(type).toMatch(/^[A-Z][A-Z0-9]*$/)
    expect(kind).toBe(`${type}Record`)
    expect(plural).toBe(`${kind.toLowerCase()}s`)
    expect(shortName).toMatch(/^[a-z][a-z0-9]*$/)
  })

  test.each(byType)('%s says what it is and where that is written', (_, { says, rfc }) => {
    expect(says).toMatch(/^\S.{5,80}[^.\s]$/)
    expect(rfc).toMatch(/^RFC \d+( section [\d.]+\d)?$/)
  })

  test.each(byType)('%s has fields with names of their own and a sentence each', (_, { fields }) => {
    const names = fields.flatMap(field => [field.name, ...(field.list ? [field.list] : [])])
    expect(repeated([...names, 'zone', 'name', 'ttl'])).toEqual([])
    expect(names.filter(name => !/^[a-z][a-zA-Z0-9]*$/.test(name))).toEqual([])
    expect(fields.map(field => field.description).filter(text => !/^["A-Z0-9].*\.$/.test(text))).toEqual([])
  })

  test.each(byType)('%s is printed as dig prints it', (_, entry) => {
    expect(rdatasOf(entry, entry.example.spec).map(values => printRdata(entry, values))).toEqual([entry.example.text])
  })

  test.each(byType)('%s has all that ends the rdata last', (_, { fields }) => {
    const open = fields.slice(0, -1).filter(field => ['text', 'hex', 'strings'].includes(field.wire))
    expect(open).toEqual([])
  })

  // A list stands for records that differ in one field, so it must be the only one.
  test.each(byType)('%s has a list only in place of its one field', (_, { fields }) => {
    expect(fields.length === 1 || fields.every(field => field.list === undefined)).toBe(true)
  })
})

const looksRight: Record<Wire, (value: unknown) => boolean> = {
  ipv4: value => isIPv4(String(value)),
  ipv6: value => isIPv6(String(value)),
  name: value => canonicalName(String(value)) === value,
  u8: value => isWithin(value, 0xff),
  u16: value => isWithin(value, 0xffff),
  u32: value => isWithin(value, 0xffffffff),
  strings: value => Array.isArray(value) && value.length > 0 && value.every(text => typeof text === 'string'),
  tag: value => /^[a-zA-Z0-9]{1,15}$/.test(String(value)),
  text: value => typeof value === 'string',
  hex: value => /^([0-9a-f]{2})+$/.test(String(value)),
}

function isWithin(value: unknown, max: number): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= max
}

describe('the example of', () => {
  test.each(byType)('%s fills in every field, and nothing else', (_, { fields, example }) => {
    expect(Object.keys(example.spec).sort()).toEqual(fields.map(field => field.name).sort())
    const wrong = fields.filter(field => !looksRight[field.wire](example.spec[field.name]))
    expect(wrong).toEqual([])
  })

  test.each(byType)('%s is shown in full as text and on the wire', (_, { fields, example }) => {
    expect(example.text.length).toBeGreaterThan(0)
    expect(example.wire).toMatch(/^([0-9a-f]{2})+$/)
    expect(example.wire.length / 2).toBeGreaterThanOrEqual(fields.length)
  })

  test.each(byType)('%s is one record', (_, entry) => {
    expect(rdatasOf(entry, entry.example.spec)).toEqual([entry.example.spec])
  })
})

describe('kinds', () => {
  test('are one for each record type, and the zone, the instance and the cluster', () => {
    expect(recordKinds.map(({ kind }) => kind)).toEqual(table.map(({ kind }) => kind))
    expect(kinds.map(({ kind }) => kind)).toEqual([
      'Bind9Cluster',
      'Bind9Instance',
      'DNSZone',
      ...table.map(e => e.kind),
    ])
  })

  test('are each called by names that nothing else has', () => {
    const names = ({ kind, plural, shortNames }: Kind) => [...new Set([kind.toLowerCase(), plural]), ...shortNames]
    expect(repeated(kinds.flatMap(names))).toEqual([])
  })

  // The short names of Kubernetes' own kinds, which kubectl would prefer.
  test('take no short name from Kubernetes', () => {
    const taken =
      'cj cm cr crb crd crds cs csr deploy ds ep ev hpa ing limits netpol no ns pc pdb po pv pvc quota rc rs sa sc sts svc vac'.split(
        ' ',
      )
    expect(kinds.flatMap(kind => kind.shortNames).filter(name => taken.includes(name))).toEqual([])
  })

  test.each(kinds.map(kind => [kind.kind, kind] as const))('%s shows columns of its schema, once each', (_, kind) => {
    expect(repeated(kind.columns.map(column => column.name))).toEqual([])
    const roots = { spec: kind.spec.properties, status: kind.status.properties }
    for (const { jsonPath } of kind.columns) {
      const [, root, field] = /^\.(spec|status)\.(\w+)/.exec(jsonPath) ?? []
      if (root && field) expect(Object.keys(roots[root as 'spec' | 'status'])).toContain(field)
      else expect(jsonPath).toBe('.metadata.creationTimestamp')
    }
  })

  test.each(kinds.map(kind => [kind.kind, kind] as const))('%s requires only what it has', (_, { spec, status }) => {
    for (const schema of [spec, status]) {
      expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining([...(schema.required ?? [])]))
    }
  })
})

describe('recordTypeOfKind(), recordTypeOfCode() and typeName()', () => {
  test.each(byType)('find %s', (type, entry) => {
    expect(recordTypeOfKind(entry.kind)).toBe(entry)
    expect(recordTypeOfCode(entry.code)).toBe(entry)
    expect(typeName(entry.code)).toBe(type)
  })

  test('know what is not in the table', () => {
    expect(() => recordTypeOfKind('DNSZone')).toThrow('No record type has the kind "DNSZone"')
    expect(() => recordTypeOfKind('toString')).toThrow('No record type')
    expect(recordTypeOfCode(6)).toBeUndefined()
    expect(typeName(6)).toBe('SOA')
    expect(typeName(43)).toBe('DS')
    expect(typeName(65)).toBe('HTTPS')
    expect(typeName(65534)).toBe('TYPE65534')
  })
})

describe('rdatasOf()', () => {
  const field: RdataField = { name: 'one', list: 'many', wire: 'ipv4', description: 'An address.' }
  const entry = { ...(table[0] as RecordType), fields: [field] }
  const cases: [spec: RdataValues, rdatas: RdataValues[]][] = [
    [{ one: 'a' }, [{ one: 'a' }]],
    [{ many: ['a', 'b'] }, [{ one: 'a' }, { one: 'b' }]],
    [{ many: ['a'] }, [{ one: 'a' }]],
    [{ many: [] }, []],
  ]
  test.each(cases)('of %j are %j', (spec, rdatas) => {
    expect(rdatasOf(entry, spec)).toEqual(rdatas)
  })
})
