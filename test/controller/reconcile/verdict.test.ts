import { describe, expect, test } from '@jest/globals'
import { BindyError, type RecordObject, type Remark } from '#crds'
import { Claims, type RecordClaim } from '../../../controller/src/reconcile/zone/claims.ts'
import { DesiredZone } from '../../../controller/src/reconcile/zone/desired.ts'
import { Judge } from '../../../controller/src/reconcile/zone/judge.ts'
import {
  noZone,
  type PrimaryView,
  type Verdict,
  verdictOf,
  zoneNotReady,
} from '../../../controller/src/reconcile/zone/verdict.ts'
import { address, record, zone } from './objects.ts'

interface Seen {
  readonly pending?: boolean
  readonly serves?: boolean
  readonly refusal?: Remark
  readonly fault?: Remark
  /** Nothing of the zone was seen there yet. */
  readonly unknown?: boolean
}

const refusal: Remark = { reason: 'UpdateRefused', message: 'no' }
const fault: Remark = { reason: 'Unreachable', message: 'nobody there' }

function primary(seen: Seen, key = 'dns/primary'): PrimaryView {
  const looks = {
    isPending: () => seen.pending ?? false,
    serves: () => seen.serves ?? false,
    refusal: () => seen.refusal,
  }
  return {
    key,
    zone: seen.unknown ? undefined : (looks as NonNullable<PrimaryView['zone']>),
    fault: seen.fault && new BindyError(seen.fault.message, seen.fault),
  }
}

function world(...records: RecordObject[]) {
  const claims = new Claims()
  for (const object of records) claims.put(object)
  const of = claims.of('example.com.')
  return { claims: of, desired: new DesiredZone(zone(), of, { known: [], areAll: true }), records: [...of.all()] }
}

const verdict = (object: RecordObject, ...primaries: PrimaryView[]) => {
  const { desired, records } = world(object)
  return verdictOf(records[0] as RecordClaim, desired, primaries)
}

const served = { ready: true, reason: 'Served', message: 'Every primary serves the record' }
const www = address('www', '192.0.2.1')

describe('verdictOf()', () => {
  test('says served when every primary serves the record', () => {
    expect(verdict(www, primary({ serves: true }))).toEqual(served)
    expect(verdict(www, primary({ serves: true }), primary({ serves: true }, 'dns/other'))).toEqual(served)
  })

  test('says nothing while one was not looked at, or there is none', () => {
    expect(verdict(www, primary({ pending: true }))).toBeUndefined()
    expect(verdict(www, primary({ unknown: true }))).toBeUndefined()
    expect(verdict(www, primary({ serves: true }), primary({ pending: true }))).toBeUndefined()
    expect(verdict(www)).toBeUndefined()
  })

  test('names the primary that cannot be asked', () => {
    const message = 'Bind9Instance dns/other: nobody there'
    const unreachable = { ready: false, reason: 'Unreachable', message }
    expect(verdict(www, primary({ serves: true }), primary({ unknown: true, fault }, 'dns/other'))).toEqual(unreachable)
    expect(verdict(www, primary({ serves: true }), primary({ pending: true, fault }, 'dns/other'))).toEqual(unreachable)
  })

  test('tells a record of another namespace of a server that cannot be asked, and not which', () => {
    const claims = new Claims()
    claims.put(address('www', '192.0.2.1', { namespace: 'guest' }))
    const of = claims.of('example.com.')
    const desired = new DesiredZone(zone({ allowedNamespaces: ['guest'] }), of, { known: [], areAll: true })
    const told = [...of.all()].map(record => verdictOf(record, desired, [primary({ unknown: true, fault })]))
    expect(told).toEqual([
      {
        ready: false,
        reason: 'Unreachable',
        message: 'A Bind9Instance of another namespace (Unreachable): ask its owner, who reads more in its status',
      },
    ])
  })

  test('holds to what was seen of a primary that cannot be asked now', () => {
    expect(verdict(www, primary({ serves: true, fault }))).toEqual(served)
  })

  test('gives the reason of a refusal, also where another primary serves the record', () => {
    const refused = { ready: false, ...refusal }
    expect(verdict(www, primary({ refusal }))).toEqual(refused)
    expect(verdict(www, primary({ serves: true }), primary({ refusal }, 'dns/other'))).toEqual(refused)
  })

  test('gives the decision among objects before anything that a server says', () => {
    const { desired, records } = world(
      record('CNAMERecord', 'www', { target: 'www.example.net.' }),
      address('www', '192.0.2.1', { created: 5 }),
    )
    const verdicts = records.map(claim => verdictOf(claim, desired, [primary({ serves: true })])?.reason)
    expect(verdicts).toEqual(['Served', 'CNAMEConflict'])
  })

  test('says served with the TTL of an older record', () => {
    const first = record('ARecord', 'a', { name: 'www', ttl: 60, ipv4Address: '192.0.2.1' })
    const second = record('ARecord', 'b', { name: 'www', ttl: 90, ipv4Address: '192.0.2.2' }, { created: 5 })
    const { desired, records } = world(first, second)
    const verdicts = records.map(claim => verdictOf(claim, desired, [primary({ serves: true })]))
    expect(verdicts).toEqual([served, expect.objectContaining({ ready: true, reason: 'TTLConflict' })])
  })

  test('names the rule that records of one name break together, to each of them', () => {
    const spf = (name: string, text: string, meta = {}) =>
      record('TXTRecord', name, { name: 'www', text: [text] }, meta)
    const says = (...objects: RecordObject[]) => {
      const { claims } = world(...objects)
      const open = new DesiredZone(zone({ allowedNamespaces: ['guest'] }), claims, { known: [], areAll: true })
      return [...claims.all()].map(claim => verdictOf(claim, open, [primary({ serves: true })])?.message)
    }
    const broken = (by: string) =>
      `Served, though spec.text[0]: Duplicate value: 'v=spf1 -all': must be the only SPF record of its name: ${by} is one already [BND-R014]`
    const first = spf('first', 'v=spf1 -all')
    expect(says(first, spf('other', 'hello'))).toEqual([served.message, served.message])
    expect(says(first, spf('second', 'v=spf1 -all', { created: 5 }))).toEqual([
      broken('TXTRecord dns/second'),
      broken('TXTRecord dns/first'),
    ])
    expect(says(first, spf('guest', 'v=spf1 -all', { created: 5, namespace: 'guest' }))).toEqual([
      broken('a TXTRecord of another namespace'),
      broken('a TXTRecord of another namespace'),
    ])
  })

  test('gives the fault of a record that claims nothing', () => {
    const outside = record('ARecord', 'r', { name: 'www.example.net.', ipv4Address: '192.0.2.1' })
    expect(verdict(outside, primary({ serves: true }))).toMatchObject({ ready: false, reason: 'OutOfZone' })
  })

  test('says of a record of another namespace that its zone does not exist', () => {
    const stranger = address('www', '192.0.2.1', { namespace: 'else' })
    expect(verdict(stranger, primary({ serves: true }))).toEqual(noZone({ object: stranger }))
    expect(noZone({ object: stranger }).message).toBe(
      'No DNSZone in namespace else has the zoneName example.com, and none elsewhere lets the namespace in: create it, correct spec.zone, or ask the owner of the zone to list the namespace in allowedNamespaces',
    )
  })
})

test('zoneNotReady() tells a record of another namespace the reason alone', () => {
  const [record] = world(address('www', '192.0.2.1', { namespace: 'guest' })).records
  expect(zoneNotReady(record as RecordClaim, zone(), fault)).toEqual({
    ready: false,
    reason: 'ZoneNotReady',
    message: 'A DNSZone of another namespace (Unreachable): ask its owner, who reads more in its status',
  })
})

describe('Judge', () => {
  const nobodys = () => undefined
  const all = { claims: new Set<string>(), statuses: new Set<string>(), faulty: new Set<string>() }

  function judged(primaries: readonly PrimaryView[], ...records: RecordObject[]) {
    const { claims, desired } = world(...records)
    const told = new Map<string, Verdict>()
    const judge = new Judge(({ object }, said) => void told.set(object.metadata.name, said))
    judge.judge(desired, claims, primaries, { changes: all, looked: [] }, nobodys)
    return { judge, told, claims, desired }
  }

  test('tells every record at first, and counts those that are served', () => {
    const outside = record('ARecord', 'out', { name: 'www.example.net.', ipv4Address: '192.0.2.1' })
    const { judge, told } = judged([primary({ serves: true })], www, address('mail', '192.0.2.2'), outside)
    expect([...told].map(([name, { reason }]) => `${name} ${reason}`)).toEqual([
      'www Served',
      'mail Served',
      'out OutOfZone',
    ])
    expect(judge.served).toBe(2)
  })

  test('tells after that only of names that were looked at, or changed', () => {
    const primaries = [primary({ serves: true })]
    const { judge, told, claims, desired } = judged(primaries, www, address('mail', '192.0.2.2'))
    told.clear()
    judge.judge(desired, claims, primaries, { changes: all, looked: ['www.example.com.'] }, nobodys)
    expect([...told.keys()]).toEqual(['www'])
    expect(judge.served).toBe(2)
  })

  test('tells all of them again when what stands against the zone has changed, and on request', () => {
    const { judge, told, claims, desired } = judged([primary({ serves: true })], www)
    const tell = (...primaries: PrimaryView[]) => {
      told.clear()
      judge.judge(desired, claims, primaries, { changes: all, looked: [] }, nobodys)
      return [...told.values()].map(({ reason }) => reason)
    }
    expect(tell(primary({ serves: true }))).toEqual([])
    expect(tell(primary({ pending: true, fault }))).toEqual(['Unreachable'])
    expect(tell(primary({ serves: true }))).toEqual(['Served'])
    judge.reopen()
    expect(tell(primary({ serves: true }))).toEqual(['Served'])
  })

  test("makes a zone of others, or of no primary, every record's fault", () => {
    const exists: Remark = { reason: 'ZoneExists', message: 'there is one' }
    expect(judged([primary({ pending: true, fault: exists })], www).told.get('www')).toEqual({
      ready: false,
      reason: 'ZoneNotReady',
      message: 'DNSZone dns/example.com (ZoneExists): there is one',
    })
    expect(judged([], www).told.get('www')?.message).toContain('(NoPrimary)')
  })

  test('tells records of another object of the name what becomes of them there, and counts none', () => {
    const { claims, desired } = world(address('www', '192.0.2.1', { namespace: 'else' }))
    const told: Verdict[] = []
    const others: Verdict = { ready: false, reason: 'ZoneNotReady', message: 'another owns the name' }
    const judge = new Judge((_record, verdict) => void told.push(verdict))
    judge.judge(desired, claims, [primary({ serves: true })], { changes: all, looked: [] }, () => others)
    expect(told).toEqual([others])
    expect(judge.served).toBe(0)
  })
})
