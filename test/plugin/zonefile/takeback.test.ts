import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type Kind, type RecordObject, recordKinds, recordTypeOfKind, zoneKind } from '#crds'
import { Cluster, newObject } from '../../../plugin/src/cluster.ts'
import { TakingBack } from '../../../plugin/src/import/takeback.ts'
import { rewritten } from '../../../plugin/src/record/plan.ts'
import type { Change, Written } from '../../../plugin/src/writing.ts'
import { until } from '../../cluster/until.ts'
import { answers } from '../../controller/e2e/answers.ts'
import { Commands, ZONE } from './commands.ts'
import { refuse } from './refusal.ts'

/* An import that does not come to its end: a refusal, Ctrl-C, an API server that goes away. */

const commands = new Commands()

beforeAll(() => commands.start())
beforeEach(() => commands.begin())
afterEach(() => commands.bindy.clear())
afterAll(() => commands.stop())

const MANY = `${ZONE}$GENERATE 1-1000 many-$ A 192.0.2.1\n`
const TO_DNS = ['--cluster-ref', 'dns']

async function objects() {
  const lists = await Promise.all([zoneKind, ...recordKinds].map(({ plural }) => commands.namespace.list(plural)))
  return lists.flat()
}

const refuseOne = (refusal: Parameters<typeof refuse>[2]) => refuse(commands.bindy.kube, commands.namespace, refusal)

/** All objects, but for what time and chance give them; the UIDs of those that are never deleted too. */
async function written() {
  return (await objects()).map(({ kind, metadata, spec }) => {
    const { name, labels, managedFields = [], uid } = metadata
    const managers = (managedFields as Managed[]).filter(({ subresource }) => !subresource)
    const fields = managers.map(({ manager, operation, fieldsV1 }) => ({ manager, operation, fieldsV1 }))
    return { kind, name, labels, spec, fields, ...(kind !== 'TXTRecord' && { uid }) }
  })
}

interface Managed {
  readonly manager: string
  readonly operation: string
  readonly subresource?: string
  readonly fieldsV1: object
}

describe('a new zone that is refused when it is written', () => {
  test('leaves nothing, and is never served', async () => {
    const path = commands.file('zone', ZONE)
    const lift = await refuseOne({ name: 'www.example.com' })
    try {
      const { code, stdout, stderr } = await commands.import(path, ...TO_DNS)
      expect(code).toBe(4)
      expect(stderr).toMatch(/^error: The API server refuses 1 object, 8 changes that were made are taken back:\n/)
      expect(stderr.split('\n')).toEqual([expect.anything(), expect.stringContaining('www.example.com is not'), ''])
      expect(stdout).toMatch(/^\S+Z writing 10 objects\n\S+Z taking back 8 objects, Ctrl-C leaves the rest\n/m)
      expect(await objects()).toEqual([])
    } finally {
      await lift()
    }
    expect(await commands.import(path, ...TO_DNS)).toMatchObject({ code: 0, stderr: '' })
    await commands.namespace.ready({ kind: 'DNSZone', metadata: { name: 'example-com' } }, { timeoutMs: 30_000 })
  })

  test('leaves nothing where a quota refuses what dry runs, each by itself, do not exceed', async () => {
    const hard = { 'count/arecords.bindy.firestoned.io': '4' }
    const path = `/api/v1/namespaces/${commands.namespace.name}/resourcequotas`
    await commands.bindy.kube.create(path, { metadata: { name: 'few' }, spec: { hard } })
    // What the controller manager would write, of which there is none here.
    const used = { 'count/arecords.bindy.firestoned.io': '0' }
    await commands.bindy.kube.patch(`${path}/few/status`, { status: { hard, used } })
    const file = commands.file('zone', ZONE)
    await until('the quota is known', async () => {
      return (await commands.import(file, ...TO_DNS, '--dry-run=server')).code === 0
    })
    const { code, stderr } = await commands.import(file, ...TO_DNS)
    expect(code).toBe(3)
    expect(stderr).toMatch(/^error: Cannot write \d objects?, \d changes? that (was|were) made (is|are) taken back:\n/)
    expect(stderr).toContain('exceeded quota: few')
    expect(await objects()).toEqual([])
  })
})

describe('a zone that stands', () => {
  test('is put back as it was where the last deletion is refused', async () => {
    await commands.imported()
    for (const name of ['mine', 'yours'])
      await commands.namespace.create('TXTRecord', name, { zone: 'example.com', name, text: [name] })
    await commands.namespace.patch(
      { kind: 'TXTRecord', metadata: { name: 'yours' } },
      { metadata: { labels: { a: 'b' } } },
    )
    const text = ZONE.replace('2026010100 1h', '2036010100 2h')
      .replace('www 300 A 192.0.2.2\n', 'www 300 A 192.0.2.3\nnew AAAA 2001:db8::1\n')
      .replace('*.w CNAME www', '*.w CNAME mail')
    const before = await written()
    const lift = await refuseOne({ name: 'mine', kind: 'TXTRecord', operation: 'DELETE' })
    try {
      const { code, stderr } = await commands.import(
        commands.file('zone', text),
        '--prune',
        '--max-delete-percent',
        '50',
      )
      expect([code, stderr]).toEqual([
        4,
        expect.stringMatching(/^error: .* refuses 1 object, 5 changes .* taken back:\n/),
      ])
      expect(stderr).toContain('mine is not to be written')
    } finally {
      await lift()
    }
    const serial = 2036010100
    const after = await written()
    expect(after.find(({ kind }) => kind === 'DNSZone')?.spec).toMatchObject({ soaRecord: { serial, refresh: 3600 } })
    const withoutSerial = ({ spec, ...rest }: (typeof before)[0]) =>
      rest.kind === 'DNSZone'
        ? { ...rest, spec: { ...spec, soaRecord: { ...(spec.soaRecord as object), serial } } }
        : { ...rest, spec }
    expect(after).toEqual(before.map(withoutSerial))
    await commands.namespace.ready({ kind: 'DNSZone', metadata: { name: 'example-com' } }, { timeoutMs: 30_000 })
    await answers(commands.servers, 'www.example.com', 'A', ['192.0.2.1', '192.0.2.2'])
    await answers(commands.servers, 'yours.example.com', 'TXT', ['"yours"'])
    await answers(commands.servers, 'new.example.com', 'AAAA', [])
  })

  test('keeps what was written where others have data in it, and the same command goes on', async () => {
    await commands.namespace.zone('example.com', { recordPolicy: 'owned' })
    const path = commands.file('zone', ZONE)
    const lift = await refuseOne({ name: 'www.example.com' })
    try {
      const { code, stdout, stderr } = await commands.import(path, '--force-conflicts')
      const [, made] = /^error: The API server refuses 1 object, (\d) of 10 changes made:\n/.exec(stderr) ?? []
      expect([code, stdout]).toEqual([4, expect.not.stringContaining('taking back')])
      expect(stderr).toContain('  why: what is taken back would leave its servers, which may have served it before\n')
      expect(stderr).toMatch(/\n {2}fix: run the same command again to go on: what stands is left as it is\n$/)
      expect(await objects()).toHaveLength(1 + Number(made))
    } finally {
      await lift()
    }
    expect(await commands.import(path, '--force-conflicts')).toMatchObject({ code: 0, stderr: '' })
    await answers(commands.servers, 'www.example.com', 'A', ['192.0.2.1', '192.0.2.2'])
  })
})

describe('in the middle of it', () => {
  const PATIENT = { timeoutMs: 60_000 }
  const someAreWritten = () =>
    until('some are written', async () => (await commands.namespace.list('arecords')).length >= 32, PATIENT)
  const launch = () =>
    commands.launch(['zone', 'import', 'example.com', '-f', commands.file('zone', MANY), ...TO_DNS, '--yes'])

  test('Ctrl-C takes back what was written', async () => {
    const { said, ended, interrupt } = launch()
    await someAreWritten()
    interrupt()
    expect(await ended).toBe(130)
    expect(said.stderr).toMatch(/^Interrupted, \d+ changes that were made are taken back\n$/)
    expect(await objects()).toEqual([])
  })

  test('an API server that goes away is waited for', async () => {
    const { said, ended } = launch()
    await someAreWritten()
    await commands.bindy.api.kill('SIGKILL')
    await until('it is missed', () => said.stdout.includes('asking about'), PATIENT)
    await commands.bindy.api.restart()
    expect(await ended).toBe(3)
    expect(said.stderr).toMatch(/^error: Cannot write \d+ objects?, \d+ changes that were made are taken back:\n/)
    expect(await objects()).toEqual([])
  })

  // The command that a message ends with, until it leaves nothing: the API server may have heard what was sent late.
  const untilTakenBack = async (stderr: string) => {
    const [, command = ''] = /^ {2}fix: (kubectl delete --ignore-not-found -f \S+\/created\.json)$/m.exec(stderr) ?? []
    const words = command.split(' ').slice(1)
    await until(
      'nothing is left',
      async () => (await commands.bindy.api.kubectl(words)).code === 0 && (await objects()).length === 0,
      PATIENT,
    )
  }

  test('an API server that stays away leaves what was written at Ctrl-C, and the command that takes it back', async () => {
    const { said, ended, interrupt } = launch()
    await someAreWritten()
    await commands.bindy.api.kill('SIGKILL')
    await until('it is missed', () => said.stdout.includes('asking about'), PATIENT)
    interrupt()
    expect(await ended).toBe(130)
    expect(said.stderr).toMatch(/^Cannot write \d+ objects?, \d+ changes could not be taken back:\n/)
    expect(said.stderr).toMatch(/^stays: ARecord \S+, perhaps created$/m)
    expect(said.stderr).toMatch(/^ {7}run the same command again to go on: what stands is left as it is\n$/m)
    await commands.bindy.api.restart()
    await untilTakenBack(said.stderr)
  })

  test('Ctrl-C is heard where the API server does not answer, and a second one leaves what was written', async () => {
    const { said, ended, interrupt } = launch()
    await someAreWritten()
    process.kill(commands.bindy.api.pid, 'SIGSTOP')
    interrupt()
    await until('it is heard', () => said.stdout.includes('stopping; Ctrl-C leaves the rest'), PATIENT)
    interrupt()
    expect(await ended).toBe(130)
    expect(said.stderr).toMatch(/^Interrupted, \d+ changes could not be taken back:\n/)
    process.kill(commands.bindy.api.pid, 'SIGCONT')
    await untilTakenBack(said.stderr)
  })
})

describe('TakingBack', () => {
  const kind = recordKinds.find(one => one.kind === 'ARecord') as Kind
  const change = (name: string): Change => ({
    kind,
    object: newObject(
      kind,
      { namespace: commands.namespace.name, name },
      { zone: 'example.com', name, ipv4Address: '192.0.2.1' },
    ),
    verb: 'created',
  })
  const place = () =>
    new Cluster(commands.bindy.kube, { namespace: commands.namespace.name, signal: new AbortController().signal })
  const fieldManager = 'kubectl-bindy'
  const author = { fieldManager, force: true }
  const make = (one: Change) => place().apply<Written>(one.kind, one.object, { fieldManager })

  test('leaves what somebody has changed or made since', async () => {
    const [a, b, c] = [change('a'), change('b'), change('c')]
    await commands.namespace.create('ARecord', 'c', { zone: 'example.com', name: 'c', ipv4Address: '192.0.2.1' })
    const made = new Map<Change, Written>()
    for (const one of [a, b, c]) made.set(one, await make(one))
    await commands.namespace.edit({ kind: 'ARecord', metadata: { name: 'b' } }, { ttl: 5 })
    const left = await new TakingBack(place(), fieldManager).run([[a, b, c]], made, () => {})
    expect(left.map(({ change: { object }, error }) => `${object.metadata.name}: ${error}`).sort()).toEqual([
      'b: Error: somebody has changed it since',
      'c: Error: somebody has changed it since',
    ])
    expect((await commands.namespace.list('arecords')).map(({ metadata }) => metadata.name)).toEqual(['b', 'c'])
  })

  test('finds of changes whose answer was lost those that were made', async () => {
    const [a, b, c] = [change('a'), change('b'), change('c')]
    await commands.namespace.create('ARecord', 'c', { zone: 'example.com', name: 'c', ipv4Address: '192.0.2.9' })
    await make(a)
    const { made, unknown } = await new TakingBack(place(), fieldManager).find([a, b, c], () => {})
    expect([[...made.keys()], unknown]).toEqual([[a], []])
  })

  test('does not find made what somebody else wrote while the request was lost', async () => {
    const spec = { zone: 'example.com', name: 'c', ipv4Address: '192.0.2.1' }
    const before = (await commands.namespace.create('ARecord', 'c', spec)) as unknown as RecordObject
    const ours: Change = rewritten(recordTypeOfKind('ARecord'), before, { ...spec, ipv4Address: '192.0.2.8' }, author)
    await commands.namespace.edit({ kind: 'ARecord', metadata: { name: 'c' } }, { ipv4Address: '192.0.2.9' })
    const { made, unknown } = await new TakingBack(place(), fieldManager).find([ours], () => {})
    expect([[...made.keys()], unknown]).toEqual([[], []])
  })
})
