import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type RunningNamed, randomKey } from '../../cluster/index.ts'
import { answers, dnsWrites } from './answers.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, fieldsOf, type Member, type Namespace, type Thing } from './namespace.ts'
import { FOUND } from './patience.ts'

/*
 * A server that cannot be spoken to: its instance says why, its zones and records repeat it, all others go on, nothing
 * turns in a hot loop, and what was mended is found without anybody's help.
 */

const bindy = new Bindy({ primary: {}, stopped: {}, other: {} })
type Dns = Namespace<'primary' | 'stopped' | 'other'>

interface Fault {
  readonly what: string
  /** Which server has it; "primary" if absent. */
  readonly server?: 'primary' | 'stopped'
  readonly member: () => Member
  readonly mend: (dns: Dns) => Promise<unknown>
  readonly reason: string
  readonly message: RegExp
}

const { primary, stopped } = { primary: () => bindy.named.primary, stopped: () => bindy.named.stopped }
const mendTsig = (dns: Dns) => dns.secret('primary-tsig', fieldsOf(primary().tsigKey))
const mendRndc = (dns: Dns) => dns.secret('primary-rndc', fieldsOf(primary().rndcKey))
const mendExternal = (dns: Dns) => {
  const { address, dnsPort, rndcPort } = primary()
  return dns.edit(
    { kind: 'Bind9Instance', metadata: { name: 'primary' } },
    { external: { address, dnsPort, rndcPort } },
  )
}

const faults: readonly Fault[] = [
  {
    what: 'a TSIG key with another secret',
    member: () => ({ tsigSecret: fieldsOf(randomKey('bindy')) }),
    mend: mendTsig,
    reason: 'TsigBadSignature',
    message: /key bindy \(hmac-sha256\).*another secret.*give both the same secret/,
  },
  {
    what: 'a TSIG key that named does not know',
    member: () => ({ tsigSecret: fieldsOf(randomKey('stranger')) }),
    mend: mendTsig,
    reason: 'TsigBadKey',
    message: /key stranger.*add it to its named\.conf/,
  },
  {
    what: 'an RNDC key with another secret',
    member: () => ({ rndcSecret: fieldsOf(randomKey('bindy-rndc')) }),
    mend: mendRndc,
    reason: 'RndcRefused',
    message: /closed the connection.*the key is not among the keys/,
  },
  {
    what: 'no Secret',
    member: () => ({ tsigSecret: null }),
    mend: mendTsig,
    reason: 'SecretNotFound',
    message: /Secret \S+\/primary-tsig does not exist: create it with key-name, algorithm and secret/,
  },
  {
    what: 'a Secret without its fields',
    member: () => ({ rndcSecret: { 'key-name': 'bindy' } }),
    mend: mendRndc,
    reason: 'SecretInvalid',
    message: /Secret \S+\/primary-rndc holds no usable key: it lacks algorithm, secret/,
  },
  {
    what: 'a Secret whose secret is not base64',
    member: () => ({ rndcSecret: { ...fieldsOf(primary().rndcKey), secret: 'not base64!' } }),
    mend: mendRndc,
    reason: 'SecretInvalid',
    message: /Secret \S+\/primary-rndc holds no usable key: .*it is not base64/,
  },
  {
    what: 'a closed DNS port',
    member: () => ({ external: { dnsPort: 1 } }),
    mend: mendExternal,
    reason: 'Unreachable',
    message: /Cannot connect to 127\.0\.0\.1:1: ECONNREFUSED/,
  },
  {
    what: 'a closed control port',
    member: () => ({ external: { rndcPort: 1 } }),
    mend: mendExternal,
    reason: 'Unreachable',
    message: /Cannot connect to the control channel of named at 127\.0\.0\.1:1: /,
  },
  {
    what: 'an address that does not resolve',
    member: () => ({ external: { address: 'nowhere.invalid' } }),
    mend: mendExternal,
    reason: 'AddressNotFound',
    message: /Cannot resolve nowhere\.invalid: correct spec\.external\.address/,
  },
  {
    what: 'a named that is not started',
    server: 'stopped',
    member: () => ({}),
    mend: () => stopped().restart(),
    reason: 'Unreachable',
    message: /Cannot connect to /,
  },
]

const cases = faults.map((fault, i) => ({ ...fault, zone: `fault-${i}.example` }))
const made = new Map<string, { dns: Dns; zone: Thing; record: Thing }>()
let steady: Dns
let steps = 0

/** Shows that a change elsewhere is served as ever. */
async function othersGoOn(): Promise<void> {
  const name = `step-${steps++}`
  const record = await steady.create('TXTRecord', name, { zone: 'steady.example', name, text: [name] })
  await steady.ready(record, { timeoutMs: 5_000 })
}
beforeAll(async () => {
  await bindy.start()
  await stopped().kill('SIGKILL')
  steady = await bindy.namespace({ other: {} })
  await steady.ready(await steady.zone('steady.example'))
  for (const { what, server = 'primary', member, zone } of cases) {
    const dns = await bindy.namespace({ [server]: member() })
    const spec = { zone, name: 'www', ipv4Address: '192.0.2.1' }
    made.set(what, { dns, zone: await dns.zone(zone), record: await dns.create('ARecord', 'www', spec) })
  }
})
afterAll(() => bindy.stop())

const sceneOf = (what: string) => made.get(what) as { dns: Dns; zone: Thing; record: Thing }
const named = (fault: Fault): RunningNamed => bindy.named[fault.server ?? 'primary']

describe.each(cases)('$what', fault => {
  const { what, server = 'primary', reason, message } = fault

  test('ends in a condition of the instance, the cluster, the zone and the record', async () => {
    const { dns, zone, record } = sceneOf(what)
    const instance = { kind: 'Bind9Instance', metadata: { name: server } }
    // A name that does not resolve may take the resolver ten seconds.
    expect(conditionOf(await dns.says(instance, { status: 'False', reason }, FOUND))?.message).toMatch(message)
    const cluster = { kind: 'Bind9Cluster', metadata: { name: 'dns' } }
    const notReady = await dns.says(cluster, { status: 'False', reason: 'InstancesNotReady' })
    expect(conditionOf(notReady)?.message).toContain(server)
    for (const object of [zone, record]) {
      const said = conditionOf(await dns.says(object, { status: 'False', reason }))
      expect(said?.message).toMatch(message)
      expect(said?.message).toContain(`Bind9Instance`)
    }
  })
})

test('all else goes on meanwhile, and nothing turns in a hot loop', async () => {
  await othersGoOn()
  const writes = dnsWrites(primary()).length
  const { requests, commands } = await bindy.busyness(5_000)
  // Few attempts for each server at fault, each of which reads two Secrets.
  expect(requests).toBeLessThan(10 * cases.length)
  expect(commands).toBeLessThan(5 * cases.length)
  expect(dnsWrites(primary()).length).toBe(writes)
})

describe('once mended', () => {
  beforeAll(async () => {
    for (const { what, mend } of cases) await mend(sceneOf(what).dns)
  })

  test.each(cases)('$what is found without help', async fault => {
    const { dns, zone, record } = sceneOf(fault.what)
    await dns.ready({ kind: 'Bind9Instance', metadata: { name: fault.server ?? 'primary' } }, FOUND)
    await dns.ready(zone)
    await dns.ready(record)
    await answers([named(fault)], `www.${fault.zone}`, 'A', ['192.0.2.1'])
  })
})

describe.each([600, -600])('a clock that is off by %i s', seconds => {
  test('is named by the instance, and is no obstacle once it is set', async () => {
    let aheadMs = seconds * 1000
    await bindy.restartController({ now: () => Date.now() + aheadMs })
    const dns = steady
    const instance = { kind: 'Bind9Instance', metadata: { name: 'other' } }
    const said = conditionOf(await dns.says(instance, { status: 'False', reason: 'ClockSkew' }))
    expect(said?.message).toMatch(/set both clocks/)
    const name = `clock-${seconds}`
    const record = await dns.create('TXTRecord', name, { zone: 'steady.example', name, text: ['tick'] })
    const refused = conditionOf(await dns.says(record, { status: 'False', reason: 'ClockSkew' }))
    expect(refused?.message).toMatch(/Bind9Instance .*set both clocks/)
    expect((await bindy.busyness(3_000)).commands).toBeLessThan(8 * (made.size + 1))
    aheadMs = 0
    await dns.ready(instance, FOUND)
    await dns.ready(record)
  })
})
