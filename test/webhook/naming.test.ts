import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type RunningApiServer, until } from '../cluster/index.ts'
import { grant, limitedKubeconfig } from './rights.ts'
import { apply, RunningWebhook, startCluster, type Thing, thing, zone } from './webhook.ts'

// Who is told which objects by name, by a real API server's word on what they may read.
const apiVersion = 'bindy.firestoned.io/v1alpha1'
const GROUP = 'rbac.authorization.k8s.io'

/** What users may do, by namespaces; all of them may create in "default", and delete zones there. */
const users = {
  maker: {},
  'own-reader': { default: ['*'] },
  'guest-reader': { vault: ['*'] },
  reader: { default: ['*'], vault: ['*'] },
  'alias-reader': { default: ['cnamerecords'], vault: ['cnamerecords'] },
} as const satisfies Record<string, Readonly<Record<string, readonly string[]>>>
type User = keyof typeof users
const everybody = Object.keys(users) as User[]

let api: RunningApiServer
let webhook: RunningWebhook

const address = (name: string, spec: object, namespace = 'default'): Thing => ({
  ...thing('ARecord', name, { zone: 'example.com', ipv4Address: '192.0.2.1', ...spec }),
  metadata: { name, namespace },
})
const alias = (name: string, spec: object = {}) =>
  thing('CNAMERecord', 'candidate', { zone: 'example.com', name, target: 'www.example.net.', ...spec })

beforeAll(async () => {
  api = await startCluster()
  await api.kubectl(['create', 'namespace', 'vault'])
  for (const user of everybody) await grantReading(user)
  await grant(api)
  webhook = await RunningWebhook.start(limitedKubeconfig(api))
  const things = [
    zone('example.com', { allowedNamespaces: ['vault'] }),
    address('own-record', { name: 'ftp' }),
    address('hidden-record', { name: 'www' }, 'vault'),
    { ...zone('hidden.test'), metadata: { name: 'hidden-zone', namespace: 'vault' } },
  ]
  expect(await apply(api, things)).toMatchObject({ code: 0 })
  const last = zone('lab.hidden.test')
  await until('the webhook knows them all', async () => (await saidTo('maker', last)).stderr.includes('[BND-R033]'))
  for (const name of ['ftp', 'www'])
    await until(`it knows ${name}`, async () => (await saidTo('maker', alias(name))).stderr.includes('[BND-R023]'))
})

afterAll(async () => {
  await webhook?.stop()
  await api?.stop()
})

async function grantReading(user: User): Promise<void> {
  const readable: Readonly<Record<string, readonly string[]>> = users[user]
  const subjects = [{ apiGroup: GROUP, kind: 'User', name: user }]
  const roleIn = (namespace: string, name: string, verbs: readonly string[], resources: readonly string[]) => [
    { kind: 'Role', metadata: { name, namespace }, rules: [{ apiGroups: ['bindy.firestoned.io'], resources, verbs }] },
    {
      ...{ kind: 'RoleBinding', metadata: { name, namespace }, subjects },
      roleRef: { apiGroup: GROUP, kind: 'Role', name },
    },
  ]
  const items = [
    ...roleIn('default', `${user}-makes`, ['create', 'delete'], ['*']),
    ...Object.entries(readable).flatMap(([namespace, what]) => roleIn(namespace, `${user}-reads`, ['get'], what)),
  ].map(object => ({ apiVersion: `${GROUP}/v1`, ...object }))
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  expect(await api.kubectl(['apply', '-f', '-'], { input })).toMatchObject({ code: 0 })
}

/** What a user hears who would create an object. */
function saidTo(user: User, one: Thing) {
  const input = JSON.stringify({ apiVersion, ...one })
  return api.kubectl(['create', '-f', '-', '--dry-run=server', '--as', user], { input })
}

const own = { named: 'ARecord default/own-record', unnamed: 'an ARecord of this namespace' }
const foreign = { named: 'ARecord vault/hidden-record', unnamed: 'an ARecord of another namespace' }
const above = { named: 'DNSZone vault/hidden-zone', unnamed: 'a DNSZone of another namespace' }
const twin = address('candidate', { name: 'www' })
const NAMES = /own-record|hidden-record|hidden-zone|vault/

type Case = [what: string, one: Thing, rule: string, object: typeof own, readers: User[]]
const cases: Case[] = [
  ['a refusal', alias('ftp'), 'BND-R023', own, ['own-reader', 'reader']],
  ['a refusal over another namespace', alias('www'), 'BND-R023', foreign, ['guest-reader', 'reader']],
  ['the refusal of a zone', zone('lab.hidden.test'), 'BND-R033', above, ['guest-reader', 'reader']],
  ['a warning', twin, 'BND-W016', foreign, ['guest-reader', 'reader']],
  ['the warning before a refusal by the schema', alias('ftp', { ttl: -1 }), 'BND-R023', own, ['own-reader', 'reader']],
  ['such a warning over another', alias('www', { ttl: -1 }), 'BND-R023', foreign, ['guest-reader', 'reader']],
]

describe.each(cases)('%s', (_what, one, rule, { named, unnamed }, readers) => {
  test.each(everybody)('names the other object to who may read it, and to no other: %s', async user => {
    const { stderr } = await saidTo(user, one)
    expect(stderr).toContain(`[${rule}]`)
    expect(stderr).toContain(readers.includes(user) ? named : unnamed)
    if (!readers.includes(user)) expect(stderr).not.toMatch(NAMES)
  })

  test('decides the same, whoever asks', async () => {
    const codes = await Promise.all(everybody.map(async user => (await saidTo(user, one)).code))
    expect(new Set(codes).size).toBe(1)
  })
})

describe('the deletion of a zone', () => {
  const said = async (user: User) =>
    (await api.kubectl(['delete', 'dnszone', 'example-com', '--dry-run=server', '--as', user])).stderr

  test('is refused with the number of records that may be read', async () => {
    expect(await said('maker')).toContain('example.com. still has records of this namespace')
    expect(await said('guest-reader')).toContain('example.com. still has a record')
    expect(await said('reader')).toContain('example.com. still has 2 records')
    expect(await said('alias-reader')).toContain('example.com. still has records of this namespace')
  })

  test('is refused where the webhook cannot read whether its namespace goes', async () => {
    await grant(api, { mayReadNamespaces: false })
    const isUnread = async () => {
      const answer = await said('reader')
      return webhook.log.some(({ message }) => message.startsWith('Namespace not read')) && answer
    }
    const answer = await until('the namespace cannot be read', isUnread, { timeoutMs: 20_000 })
    expect(answer).toContain('example.com. still has 2 records')
  })
})

test('a webhook that may not ask what others may read decides the same, and names nothing', async () => {
  await grant(api, { mayReview: false })
  for (const [, one, rule, { unnamed }] of cases) {
    // What it was told before holds for 5 s.
    const knowsNothing = async () => !NAMES.test((await saidTo('reader', one)).stderr)
    await until('it knows nothing any more', knowsNothing, { timeoutMs: 20_000 })
    const { code, stderr } = await saidTo('reader', one)
    expect({ code, stderr }).toEqual({ code: rule === 'BND-W016' ? 0 : 1, stderr: expect.stringContaining(unnamed) })
    expect(stderr).not.toMatch(NAMES)
  }
  expect(webhook.log.filter(({ message }) => message.startsWith('Access not reviewed'))).toHaveLength(1)
})
