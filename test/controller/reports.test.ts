import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { DNSZone, RecordObject } from '#crds'
import type { Verdict } from '../../controller/src/reconcile/zone/verdict.ts'
import { Reports } from '../../controller/src/reports.ts'
import { until } from '../cluster/index.ts'
import { type FakeApi, memoryLog, sendJson, startFakeApi } from './kube/fake.ts'
import { address, zone } from './reconcile/objects.ts'

/* What is told of records and zones. Of a record an Event where it turns to a refusal, and where it is served after that. */

let api: FakeApi
let reports: Reports
let nowMs = 0
let standing: DNSZone | undefined

beforeEach(async () => {
  api = await startFakeApi((_, response) => sendJson(response, 200, { metadata: { resourceVersion: '2' } }))
  reports = reportsOf(api)
})
afterEach(() => api.close())

function reportsOf({ client }: FakeApi): Reports {
  return new Reports({
    client: client(),
    log: memoryLog(),
    now: () => nowMs,
    identity: 'test',
    isBusy: () => false,
    zone: () => standing,
  })
}

const served: Verdict = { ready: true, reason: 'Served', message: 'Every primary serves the record' }
const pending: Verdict = { ready: false, reason: 'Pending', message: 'It has not answered yet' }
const refused: Verdict = { ready: false, reason: 'UpdateRefused', message: 'no' }
const conflict: Verdict = { ready: false, reason: 'CNAMEConflict', message: 'another is older' }

const noZone: Verdict = { ready: false, reason: 'ZoneNotFound', message: 'no such zone' }
const away: Verdict = { ready: false, reason: 'Unreachable', message: 'Bind9Instance dns/ns1: nobody there' }

const www = address('www', '192.0.2.1')

/** The record with the verdict in its status, as the API server gives it back. */
function showing({ ready, reason, message }: Verdict, object: RecordObject = www): RecordObject {
  const times = { observedGeneration: 1, lastTransitionTime: '2026-01-01T00:00:00Z' }
  return {
    ...object,
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', reason, message, ...times }] },
  }
}

async function events(): Promise<string[]> {
  await reports.stop()
  const bodies = api.requests.filter(({ path }) => path.includes('/events')).map(({ body }) => body)
  return (bodies as { type: string; reason: string; note: string }[]).map(event =>
    [event.type, event.reason, event.note].join(' '),
  )
}

const told = {
  served: 'Normal Served Every primary serves the record',
  refused: 'Warning UpdateRefused no',
  conflict: 'Warning CNAMEConflict another is older',
  noZone: 'Warning ZoneNotFound no such zone',
}

describe('Reports.record()', () => {
  test.each<[string, RecordObject, Verdict, string[]]>([
    ['a new record is served', www, served, []],
    ['a new record is refused', www, refused, [told.refused]],
    ['a new record waits', www, pending, []],
    ['a served record stays served', showing(served), served, []],
    ['a served record is refused', showing(served), refused, [told.refused]],
    ['a served record waits', showing(served), pending, []],
    ['a refused record stays refused', showing(refused), refused, []],
    ['a refused record is refused for another reason', showing(refused), conflict, [told.conflict]],
    ['a refused record is served', showing(refused), served, [told.served]],
    ['a refused record waits', showing(refused), pending, []],
    ['a record that waited is served', showing(pending), served, []],
    ['a record that waited is refused', showing(pending), refused, [told.refused]],
    ['a new record has no zone', www, noZone, [told.noZone]],
    ['the zone of a served record goes', showing(served), noZone, []],
    ['a server of all records is away', showing(served), away, []],
    ['a server of all records is back', showing(away), served, []],
  ])('%s', async (_, object, verdict, expected) => {
    reports.record({ object }, verdict)
    expect(await events()).toEqual(expected)
  })

  test('tells once what the object does not show yet', async () => {
    for (let i = 0; i < 3; i++) reports.record({ object: www }, refused)
    for (let i = 0; i < 3; i++) reports.record({ object: www }, served)
    expect(await events()).toEqual([told.refused, told.served])
  })

  test('tells of a turn back, once the object has shown the turn before', async () => {
    reports.record({ object: www }, refused)
    reports.record({ object: showing(refused) }, refused)
    reports.record({ object: showing(refused) }, served)
    reports.record({ object: showing(served) }, served)
    reports.record({ object: showing(served) }, conflict)
    expect(await events()).toEqual([told.refused, told.served, told.conflict])
  })

  test('keeps nothing of a record that is gone', async () => {
    reports.record({ object: www }, refused)
    reports.forgetRecord(www)
    reports.record({ object: www }, refused)
    await reports.stop()
    // The Event, and that it happened twice.
    expect(api.requests.filter(({ path }) => path.includes('/events')).map(({ method }) => method)).toEqual([
      'POST',
      'PATCH',
    ])
  })

  test("leaves a zone's Events their rate, however many records are refused", async () => {
    for (let i = 0; i < 200; i++) {
      reports.record({ object: address(`www-${i}`, '192.0.2.1', { uid: `${i}` }) }, refused)
    }
    const instance = { apiVersion: 'v1', kind: 'Bind9Instance', metadata: www.metadata, spec: {} }
    const conditions = showing({ ready: false, reason: 'Unreachable', message: 'nobody there' }).status?.conditions
    reports.server(instance as unknown as Parameters<Reports['server']>[0], { conditions })
    const all = await events()
    expect(all).toHaveLength(101)
    expect(all).toContain('Warning Unreachable nobody there')
  })
})

describe('Reports.zone()', () => {
  const at = (serial: number) => ({
    generation: 1,
    servers: [{ instance: 'ns1', role: 'primary' as const, serial, fault: undefined }],
    records: 0,
    glueFromServers: [],
    verdict: served,
  })
  const histories = () =>
    api.requests
      .filter(({ path }) => path.endsWith('/status'))
      .map(({ body }) => (body as { status: DNSZone['status'] }).status?.history?.map(({ serial }) => serial))

  beforeEach(() => {
    nowMs = 5_000
    standing = zone()
  })

  test('tells with the next status of all serials since, though the object does not show the last ones yet', async () => {
    for (const serial of [7, 8, 9]) reports.zone(zone(), at(serial))
    await until('the second status is written', () => histories().length === 2)
    expect(histories()).toEqual([[7], [9, 8, 7]])
    await reports.stop()
  })

  test('says nothing of one that is gone in the next of its name', async () => {
    for (const serial of [7, 8]) reports.zone(zone(), at(serial))
    standing = zone({}, { uid: 'anew' })
    reports.zone(zone(), at(9))
    nowMs = 9_000
    reports.zone(standing, at(1))
    await until('the second status is written', () => histories().length === 2)
    await pause(1_100)
    expect(histories()).toEqual([[7], [1]])
    await reports.stop()
  })
})
