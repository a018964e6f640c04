import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { API_GROUP, API_VERSION, type Bind9Instance, instanceKind } from '#crds'
import { resourcePath } from '#kube'
import { Cluster } from '../../../plugin/src/cluster.ts'
import { findPod } from '../../../plugin/src/server/pod.ts'
import { type RunningNode, startNode, until } from '../../cluster/index.ts'
import type { Namespace } from '../../controller/e2e/namespace.ts'
import { RunningPlugin } from './running.ts'

/*
 * Servers that run in pods, asked from outside of their network. The primary has the address of its pod, the secondary
 * that of a Service; neither leads anywhere from here. What is forwarded to the pods arrives at the real named.
 */

const plugin = new RunningPlugin()
const { bindy } = plugin
let node: RunningNode
let dns: Namespace<'primary' | 'secondary'>

// Of this machine, and nobody listens there.
const POD_ADDRESS = '127.0.0.2'
const SERVICE_ADDRESS = '10.0.0.53'
beforeAll(async () => {
  await plugin.start()
  node = await startNode(bindy.api)
  dns = await bindy.namespace()
  // Its name servers are not the instances, whose addresses will change.
  const nameServers = [{ hostname: 'ns1.example.net.' }]
  await dns.ready(await dns.zone('example.com', { nameServers }))
  await dns.ready(await dns.create('ARecord', 'www', { zone: 'example.com', name: 'www', ipv4Address: '192.0.2.1' }))
  await bindy.stopController()
  await node.pod({ namespace: dns.name, name: 'ns1-0', ip: POD_ADDRESS })
  await node.pod({ namespace: dns.name, name: 'ns2-0', ip: '192.0.2.2' })
  await apply(service())
  await moved('primary', { address: POD_ADDRESS })
  await moved('secondary', { address: serviceName(), dnsPort: 53, rndcPort: 953 })
})
afterAll(async () => {
  await node.stop()
  await plugin.stop()
})

const serviceName = () => `ns2.${dns.name}.svc.cluster.local`

const moved = (name: string, external: object) =>
  dns.patch({ kind: 'Bind9Instance', metadata: { name } }, { spec: { external } })

/** Has an instance's status be of the instance as it stands now: the controller could reach it. */
async function seen(name: string): Promise<void> {
  const { metadata, status } = await dns.get({ kind: 'Bind9Instance', metadata: { name } })
  const observedGeneration = metadata.generation
  const conditions = status?.conditions?.map(condition => ({ ...condition, observedGeneration }))
  const at = { group: API_GROUP, version: API_VERSION, plural: 'bind9instances' }
  const path = `${resourcePath(at, { namespace: dns.name, name })}/status`
  await bindy.kube.patch(path, { status: { observedGeneration, conditions } })
}

async function apply(items: readonly object[]): Promise<void> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  const { code, stderr } = await bindy.api.kubectl(['apply', '-n', dns.name, '-f', '-'], { input })
  if (code !== 0) throw new Error(stderr)
}

/** A Service in front of the secondary's pod, as the controller manager would complete it. */
function service(): object[] {
  const { dnsPort, rndcPort } = bindy.named.secondary
  const ports = { dns: [53, dnsPort], rndc: [953, rndcPort] } as const
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'ns2' },
      spec: {
        clusterIP: SERVICE_ADDRESS,
        ports: Object.entries(ports).map(([name, [port, targetPort]]) => ({ name, port, targetPort })),
      },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'ns2-abcde', labels: { 'kubernetes.io/service-name': 'ns2' } },
      addressType: 'IPv4',
      ports: Object.entries(ports).map(([name, [, port]]) => ({ name, port })),
      endpoints: [
        {
          addresses: ['192.0.2.2'],
          conditions: { ready: true },
          targetRef: { kind: 'Pod', namespace: dns.name, name: 'ns2-0' },
        },
      ],
    },
  ]
}

const page = async (words: string, env = {}) => {
  const { code, stdout, stderr } = await plugin.run(dns, words, { COLUMNS: '400', ...env })
  expect(stderr).toBe('')
  return { code, stdout }
}

describe('a server in a pod answers', () => {
  test('status zone --live --rndc', async () => {
    const { code, stdout } = await page('status zone example.com --live --rndc')
    expect(stdout).toMatch(/^primary +primary +\d+ .* \d{10} +3 +\d{10} +- +- +dynamic$/m)
    expect(stdout).toMatch(/^secondary +secondary +\d+ .* \d{10} +3 +\d{10} +\S+ +\S+ +\S+$/m)
    expect(stdout).toContain('\n  primary answered by port-forward to pod ns1-0\n')
    expect(stdout).toContain('\n  secondary answered by port-forward to pod ns2-0\n')
    expect(code).toBe(0)
  })

  test('diff', async () => {
    const { code, stdout } = await page('diff example.com')
    const { dnsPort } = bindy.named.primary
    expect(stdout).toMatch(
      new RegExp(
        `primary primary \\(127\\.0\\.0\\.2 port ${dnsPort} by port-forward to pod ns1-0\\) serial \\d+: .*no diff`,
      ),
    )
    expect(stdout).toMatch(
      /secondary \(ns2\.test-\w+\.svc\.cluster\.local port 53 by port-forward to pod ns2-0\) serial \d+: .*no diff/,
    )
    expect(code).toBe(0)
  })

  test('query', async () => {
    const { code, stdout } = await page('query www.example.com A')
    expect(stdout).toMatch(/^A +\d+ +192\.0\.2\.1 +all 2 +ARecord\/www$/m)
    expect(stdout).toContain('\nprimary answered by port-forward to pod ns1-0\n')
    expect(code).toBe(0)
  })

  test('check', async () => {
    await seen('primary')
    const { stdout } = await page('check --only dns')
    expect(stdout).toMatch(/primary answers by port-forward to pod ns1-0 \(BIND 9\.\S+\)/)
  })

  test('zone notify, which changes something', async () => {
    expect(await plugin.must(dns, 'zone notify example.com')).toContain('primary: example.com is announced')
    expect(bindy.named.primary.log()).toContain(`received control channel command 'notify "example.com."'`)
  })

  test('as JSON that says which way', async () => {
    const { servers } = JSON.parse(await plugin.must(dns, 'status zone example.com --live -o json'))
    expect(servers[0].soa).toEqual({ value: expect.any(Number), way: 'port-forward to pod ns1-0' })
  })
})

test('the address of a Service leads to its pod as its name does', async () => {
  const signal = new AbortController().signal
  const cluster = new Cluster(bindy.kube, { namespace: dns.name, signal })
  const instance = await cluster.find<Bind9Instance>(instanceKind, { namespace: dns.name, name: 'secondary' })
  if (!instance) throw new Error('no secondary')
  const external = { ...instance.spec.external, address: SERVICE_ADDRESS }
  const moved = { ...instance, spec: { ...instance.spec, external } }
  const pod = { namespace: dns.name, pod: 'ns2-0', port: bindy.named.secondary.rndcPort }
  expect(await findPod(cluster, moved, 953)).toEqual(pod)
  expect(await findPod(cluster, moved, 954)).toBe(undefined)
})

describe('where a right is missing', () => {
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  const rule = (apiGroup: string, resources: string[], verbs = ['get', 'list']) => ({
    apiGroups: [apiGroup],
    resources,
    verbs,
  })
  const seesAll = [rule('bindy.firestoned.io', ['*']), rule('', ['secrets'])]
  const roles = {
    'no-pods': seesAll,
    'no-forward': [...seesAll, rule('', ['pods', 'services']), rule('discovery.k8s.io', ['endpointslices'])],
  }
  const binding = (group: string, name = group) => ({
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name: `${group}-${name}` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group }],
  })
  beforeAll(() =>
    apply(
      Object.entries(roles).flatMap(([name, rules]) => [
        { apiVersion, kind: 'ClusterRole', metadata: { name }, rules },
        binding(name),
      ]),
    ),
  )

  test('that of port-forward costs its cells, and is named', async () => {
    const { stdout } = await page('status zone example.com --live --as eve --as-group no-forward')
    expect(stdout).toMatch(/^primary +primary +\d+ .* \? +\?$/m)
    expect(stdout).toContain(`\n? needs get and create pods/portforward in ${dns.name}\n`)
  })

  test('diff names it too, and ends with 3', async () => {
    const { code, stdout } = await page('diff example.com --as eve --as-group no-forward')
    expect(stdout).toContain(`could not be asked: a port-forward needs get and create pods/portforward in ${dns.name}`)
    expect(code).toBe(3)
  })

  test('that to look for pods is named beside what is wrong with the straight way', async () => {
    const { stdout } = await page('status zone example.com --live --as eve --as-group no-pods')
    expect(stdout).toMatch(/^primary +primary +\d+ .* Unreachable +Unreachable$/m)
    expect(stdout).toContain(`ECONNREFUSED; to look for a pod of this address needs list pods in ${dns.name}`)
  })

  test('the ClusterRole bindy-inspect gives all of them', async () => {
    const role = join(import.meta.dirname, '../../../manifests/inspect/role.yaml')
    expect(await bindy.api.kubectl(['apply', '-f', role])).toMatchObject({ code: 0, stderr: '' })
    await apply([binding('no-pods', 'bindy-inspect')])
    const { stdout } = await page('status zone example.com --live --as eve --as-group no-pods')
    expect(stdout).not.toContain('needs')
    expect(stdout).toContain('\n  primary answered by port-forward to pod ns1-0\n')
    expect(stdout).toContain('\n  secondary answered by port-forward to pod ns2-0\n')
  })
})

describe('a pod that', () => {
  const servers: Server[] = []
  afterAll(async () => {
    for (const server of servers) server.close()
    await moved('primary', { dnsPort: bindy.named.primary.dnsPort })
  })

  /** Has something else listen in the primary's pod. */
  async function replaced(server: Server): Promise<Server> {
    servers.push(server)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    await moved('primary', { dnsPort: (server.address() as { port: number }).port })
    return server
  }

  test('nobody listens in is told of in the words of its node', async () => {
    await moved('primary', { dnsPort: 1 })
    const { code, stdout } = await page('diff example.com')
    expect(stdout).toMatch(
      /could not be asked: Cannot go on forwarding port 1 of pod test-\w+\/ns1-0: .*connection refused/,
    )
    expect(code).toBe(3)
  })

  test('closes half way through an answer leaves its outcome unknown', async () => {
    await replaced(createServer(socket => socket.on('error', () => {}).once('data', () => socket.end('\x01\x00half'))))
    const { code, stdout } = await page('diff example.com')
    expect(stdout).toMatch(/could not be asked: Cannot tell what 127\.0\.0\.2:\d+ did .* closed the connection/)
    expect(code).toBe(3)
  })

  test('says nothing is given up after --timeout', async () => {
    await replaced(createServer(socket => socket.on('error', () => {}).resume()))
    const { code, stdout } = await page('diff example.com --timeout 3s')
    expect(stdout).toContain('no reply came within 3000 ms')
    expect(code).toBe(3)
  })

  test('says nothing keeps nobody from Ctrl-C', async () => {
    const asked = Promise.withResolvers<void>()
    await replaced(createServer(socket => socket.on('error', () => {}).once('data', () => asked.resolve())))
    const child = plugin.begin(dns, 'diff example.com')
    await asked.promise
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([130, null])
  })
})

test('who asks a server that can be reached forwards nothing', async () => {
  await moved('primary', { address: '127.0.0.1' })
  const before = node.forwarded().filter(what => what.endsWith('/ns1-0')).length
  const { stdout } = await page('query www.example.com A')
  expect(stdout).not.toContain('primary answered by')
  await until('the secondary is asked', () => node.forwarded().some(what => what.endsWith('/ns2-0')))
  expect(node.forwarded().filter(what => what.endsWith('/ns1-0')).length).toBe(before)
})
