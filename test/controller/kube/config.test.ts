import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { GroupAloneError, KubeClient, KubeConfigError, KubeUnreachableError, loadConnection } from '#kube'
import { execInfo } from '../../../controller/src/kube/execplugin.ts'
import { until } from '../../cluster/index.ts'
import { type FakeApi, failureOf, sendJson, startFakeApi } from './fake.ts'

const cluster = { name: 'c', server: 'https://192.0.2.1', skipTLSVerify: false }

let directory: string
let api: FakeApi
let sentHeaders: Record<string, unknown>

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'bindy-kube-'))
  api = await startFakeApi((_, response) => {
    sentHeaders = response.req.headers
    sendJson(response, 200, {})
  })
})

afterAll(async () => {
  await api.close()
  rmSync(directory, { recursive: true })
})

/** Writes a kubeconfig with contexts "a" and "b" and the given user. */
function kubeconfig(options: { user?: string; current?: string; server?: string; authority?: string } = {}): string {
  const { user = '{ token: t0 }', current = 'current-context: a', server = api.url, authority = '' } = options
  const path = join(directory, 'config')
  writeFileSync(
    path,
    `apiVersion: v1
kind: Config
${current}
clusters: [{ name: c, cluster: { server: "${server}", certificate-authority: "${authority}" } }]
contexts:
  - { name: a, context: { cluster: c, user: u } }
  - { name: b, context: { cluster: c, user: u, namespace: dns } }
users: [{ name: u, user: ${user} }]
`,
  )
  return path
}

/** The headers of a request that a connection of these choices carries. */
async function headers(choice: Parameters<typeof loadConnection>[0]): Promise<Record<string, unknown>> {
  const connection = await loadConnection(choice)
  await new KubeClient(connection, { retries: 0 }).get('/version')
  await connection.close()
  return sentHeaders
}

/** The Authorization header that a request with this user carries. */
async function authorization(user: string): Promise<unknown> {
  return (await headers({ kubeconfig: kubeconfig({ user }) })).authorization
}

test('loadConnection() reads the namespace of the context asked for', async () => {
  expect((await loadConnection({ kubeconfig: kubeconfig() })).namespace).toBe('default')
  expect((await loadConnection({ kubeconfig: kubeconfig(), context: 'b' })).namespace).toBe('dns')
})

test('loadConnection() keeps the path of a server behind a proxy', async () => {
  const { origin, basePath } = await loadConnection({ kubeconfig: kubeconfig({ server: `${api.url}/k8s/c1/` }) })
  expect({ origin, basePath }).toEqual({ origin: api.url, basePath: '/k8s/c1' })
})

test("loadConnection() takes the cluster and the user asked for, in place of the context's", async () => {
  const path = kubeconfig({ user: '{ token: t1 }', server: 'http://127.0.0.1:1' })
  const more = `clusters: [{ name: other, cluster: { server: "${api.url}" } }]\nusers: [{ name: v, user: { token: t2 } }]\n`
  writeFileSync(`${path}.more`, `apiVersion: v1\nkind: Config\n${more}`)
  process.env.KUBECONFIG = `${path}:${path}.more`
  try {
    expect(await headers({ cluster: 'other', user: 'v' })).toMatchObject({ authorization: 'Bearer t2' })
    await expect(loadConnection({ cluster: 'none' })).rejects.toThrow('Cannot find cluster "none" in the kubeconfig')
    await expect(loadConnection({ user: 'none' })).rejects.toThrow('Cannot find user "none" in the kubeconfig')
  } finally {
    delete process.env.KUBECONFIG
  }
})

test('of the files in KUBECONFIG the first that says something wins, and one that is not there is passed over', async () => {
  const first = join(directory, 'first')
  writeFileSync(first, 'users: [{ name: u, user: { token: first } }]\n')
  writeFileSync(join(directory, 'empty'), '')
  const second = kubeconfig({ current: 'current-context: b', user: '{ token: second }' })
  const last = join(directory, 'last')
  const server = `{ name: c, cluster: { server: "http://127.0.0.1:1" } }`
  writeFileSync(last, `current-context: a\nclusters: [${server}]\ncontexts: [{ name: b, context: { cluster: c } }]\n`)
  process.env.KUBECONFIG = ['absent', 'first', 'empty'].map(name => join(directory, name)).join(':')
  process.env.KUBECONFIG += `:${second}:${last}`
  try {
    expect((await loadConnection()).namespace).toBe('dns')
    expect((await headers({})).authorization).toBe('Bearer first')
    process.env.KUBECONFIG = join(directory, 'absent')
    await expect(loadConnection()).rejects.toThrow(/^Cannot read .*absent: no such file$/)
  } finally {
    delete process.env.KUBECONFIG
  }
})

test('loadConnection() says which contexts there are when the one asked for is not', async () => {
  const loading = loadConnection({ kubeconfig: kubeconfig(), context: 'z' })
  await expect(loading).rejects.toThrow('Cannot find context "z" in the kubeconfig: there are: "a", "b"')
})

test('loadConnection() says that there is no current context', async () => {
  const loading = loadConnection({ kubeconfig: kubeconfig({ current: '' }) })
  await expect(loading).rejects.toThrow('Cannot choose a context: no current-context is set and there are: "a", "b"')
})

test('loadConnection() says which file cannot be read', async () => {
  const loading = loadConnection({ kubeconfig: join(directory, 'absent') })
  await expect(loading).rejects.toThrow(KubeConfigError)
  await expect(loading).rejects.toThrow(/Cannot read .*absent: ENOENT/)
})

test('a request carries a token, a password or what an exec plugin says', async () => {
  expect(await authorization('{ token: t1 }')).toBe('Bearer t1')
  expect(await authorization('{ username: me, password: secret }')).toBe('Basic bWU6c2VjcmV0')
  const plugin = join(directory, 'plugin.sh')
  writeFileSync(plugin, `echo '{"status":{"token":"'$(echo "$KUBERNETES_EXEC_INFO" | cksum | tr -d ' ')'"}}'`)
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: [plugin] }
  expect(await authorization(JSON.stringify({ exec }))).toMatch(/^Bearer \d+$/)
})

test('an exec plugin given by a relative path is found beside its kubeconfig', async () => {
  const plugin = join(directory, 'relative.sh')
  writeFileSync(plugin, `#!/bin/sh\necho '{"status":{"token":"beside"}}'\n`)
  chmodSync(plugin, 0o700)
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './relative.sh' }
  expect(await authorization(JSON.stringify({ exec }))).toBe('Bearer beside')
})

test('an exec plugin is told of its cluster where it wants to be, with the words that the kubeconfig has for it', async () => {
  const plugin = join(directory, 'told.sh')
  writeFileSync(plugin, `printf '{"status":{"token":"%s"}}' "$(printf %s "$KUBERNETES_EXEC_INFO" | base64 -w0)"`)
  const apiVersion = 'client.authentication.k8s.io/v1'
  const exec = { apiVersion, command: 'sh', args: [plugin], provideClusterInfo: true, interactiveMode: 'Never' }
  writeFileSync(join(directory, 'authority'), 'ca')
  const path = kubeconfig({ user: JSON.stringify({ exec }), authority: 'authority' })
  const extensions = '[{ name: client.authentication.k8s.io/exec, extension: { audience: dns } }]'
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace('cluster: { server', `cluster: { extensions: ${extensions}, server`),
  )
  const { authorization } = await headers({ kubeconfig: path })
  expect(JSON.parse(Buffer.from(String(authorization).slice('Bearer '.length), 'base64').toString())).toEqual({
    apiVersion,
    kind: 'ExecCredential',
    spec: {
      interactive: false,
      cluster: {
        server: api.url,
        'insecure-skip-tls-verify': true,
        'certificate-authority-data': 'Y2E=',
        config: { audience: 'dns' },
      },
    },
  })
})

test.each([
  ['Never', true, false],
  ['IfAvailable', true, true],
  [undefined, true, true],
  ['IfAvailable', false, false],
] as const)(
  'execInfo() says of interactiveMode %s, in a terminal %s, interactive %s',
  (interactiveMode, isTerminal, is) => {
    const plugin = { apiVersion: 'client.authentication.k8s.io/v1', ...(interactiveMode && { interactiveMode }) }
    expect(execInfo(plugin, cluster, { isTerminal })).toMatchObject({ spec: { interactive: is } })
  },
)

test('execInfo() refuses a plugin that has to ask where nobody is', () => {
  const plugin = { apiVersion: 'client.authentication.k8s.io/v1', command: 'login', interactiveMode: 'Always' } as const
  expect(() => execInfo(plugin, cluster, { isTerminal: false })).toThrow(KubeConfigError)
})

test('execInfo() names the plugin that cannot be told of an authority whose file is not there', () => {
  const plugin = { apiVersion: 'client.authentication.k8s.io/v1', command: 'login', provideClusterInfo: true }
  const asked = () => execInfo(plugin, { ...cluster, caFile: '/nowhere/ca.crt' }, { isTerminal: false })
  expect(asked).toThrow(KubeConfigError)
  expect(asked).toThrow(/^Cannot tell login of the cluster: ENOENT: .*\/nowhere\/ca\.crt/)
})

const impersonations: [said: string, user: string, choice: object, user: unknown, groups: unknown][] = [
  ['the kubeconfig', '{ token: t, as: eve, as-groups: [dns, ops] }', {}, 'eve', 'dns, ops'],
  ['the options, in its place', '{ token: t, as: eve, as-groups: [dns] }', { as: 'bob' }, 'bob', undefined],
  ['the options, groups too', '{ token: t }', { as: 'bob', asGroups: ['a', 'b'] }, 'bob', 'a, b'],
  ['neither', '{ token: t }', {}, undefined, undefined],
]
test.each(impersonations)('a request acts as whom %s name', async (_, user, choice, actsAs, groups) => {
  const sent = await headers({ kubeconfig: kubeconfig({ user }), ...choice })
  expect([sent['impersonate-user'], sent['impersonate-group']]).toEqual([actsAs, groups])
})

test('loadConnection() refuses a group without a user, whoever names it', async () => {
  const loading = loadConnection({ kubeconfig: kubeconfig(), asGroups: ['dns'] })
  await expect(loading).rejects.toThrow(GroupAloneError)
  const loadingFile = loadConnection({ kubeconfig: kubeconfig({ user: '{ token: t, as-groups: [dns] }' }) })
  await expect(loadingFile).rejects.toThrow('Cannot act as a group alone: the kubeconfig has as-groups without as')
})

test('a token file, as a pod has, is read for each loaded connection', async () => {
  const tokenFile = join(directory, 'token')
  const user = JSON.stringify({ 'auth-provider': { name: 'tokenFile', config: { tokenFile } } })
  writeFileSync(tokenFile, 'one')
  expect(await authorization(user)).toBe('Bearer one')
  writeFileSync(tokenFile, 'two')
  expect(await authorization(user)).toBe('Bearer two')
})

test('one pool of connections serves until the TLS identity rotates', async () => {
  const authority = join(directory, 'ca.crt')
  writeFileSync(authority, 'one')
  const connection = await loadConnection({ kubeconfig: kubeconfig({ authority }) })
  const pools = async () =>
    new Set((await Promise.all([connection.authorize(), connection.authorize()])).map(c => c.dispatcher))
  const before = await pools()
  expect(before.size).toBe(1)
  writeFileSync(authority, 'two')
  const after = await until('rotated', async () => {
    const now = await pools()
    return now.size === 1 && !before.has([...now][0] as never) && now
  })
  expect(await pools()).toEqual(after)
  await new KubeClient(connection).get('/version')
  await connection.close()
})

test('credentials that cannot be had fail the request with a sentence, to be tried again', async () => {
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'sh',
    args: ['-c', 'echo not logged in >&2; exit 1'],
  }
  const failure = await failureOf(authorization(JSON.stringify({ exec })))
  expect(failure).toBeInstanceOf(KubeUnreachableError)
  expect(failure.message).toMatch(/^Cannot get credentials for http:.*: not logged in/)
})

test('a server that is not there fails the request with its address', async () => {
  const connection = await loadConnection({ kubeconfig: kubeconfig({ server: 'http://127.0.0.1:1' }) })
  const failure = await failureOf(new KubeClient(connection, { retries: 0 }).get('/version'))
  expect(failure).toBeInstanceOf(KubeUnreachableError)
  expect(failure).toMatchObject({ reason: 'APIServerUnreachable', retry: 'backoff', unsent: true })
  expect(failure.message).toBe('Cannot get /version at http://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1')
})
