import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { API_GROUP, API_VERSION, kinds } from '#crds'
import { resourcePath } from '#kube'
import { until } from '../../cluster/index.ts'
import { answers } from './answers.ts'
import { Bindy } from './bindy.ts'
import { conditionOf, type Namespace } from './namespace.ts'
import { RETRIED } from './patience.ts'

/* A record kind that the cluster does not have, or that may not be listed, is no reason to take anything away. */

const bindy = new Bindy({ primary: {}, secondary: {} })
const both = () => [bindy.named.primary, bindy.named.secondary]
const names = Array.from({ length: 12 }, (_, i) => `r${i}`)
const crd = (plural: string) =>
  resourcePath(
    { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' },
    { name: `${plural}.${API_GROUP}` },
  )

const records = (plural: string) => resourcePath({ group: API_GROUP, version: API_VERSION, plural })
beforeAll(() => bindy.start())
beforeEach(() => bindy.clear())
afterAll(() => bindy.stop())

let dns: Namespace<'primary' | 'secondary'>

const hasLogged = (message: string) => () => bindy.controller.lines(message).length > 0

test('a kind without CRD keeps no other back', async () => {
  await bindy.stopController()
  await bindy.kube.delete(crd('tlsarecords'))
  await until('the kind is gone', () =>
    bindy.kube.list(records('tlsarecords')).then(
      () => false,
      () => true,
    ),
  )
  bindy.startController()
  dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com'), { timeoutMs: 20_000 })
  await dns.ready(await dns.create('ARecord', 'www', { zone: 'example.com', name: 'www', ipv4Address: '192.0.2.1' }))
  await answers(both(), 'www.example.com', 'A', ['192.0.2.1'])
  expect(bindy.controller.lines('Record kinds that cannot be read')[0]?.fields).toMatchObject({ kinds: ['TLSARecord'] })

  await bindy.api.installCrds(join(import.meta.dirname, '../../../crds'))
  const spec = { usage: 3, selector: 1, matchingType: 1, certificateData: 'ab'.repeat(32) }
  const tlsa = await until('the kind is served', () =>
    dns.create('TLSARecord', 'tlsa', { zone: 'example.com', name: '_443._tcp', ...spec }).catch(() => undefined),
  )
  await dns.ready(tlsa, RETRIED)
  await dns.ready(zone)
})

test('a CRD that is deleted by mistake takes at most a part of a zone along, until somebody says that it is meant', async () => {
  dns = await bindy.namespace()
  const zone = await dns.zone('example.com')
  const address = (name: string) => dns.create('ARecord', name, { zone: 'example.com', name, ipv4Address: '192.0.2.1' })
  await Promise.all(names.map(address))
  await dns.allReady('arecords')
  await dns.ready(zone)
  await bindy.kube.delete(crd('arecords'))
  await until('the kind is gone', hasLogged('Record kinds that cannot be read'), { timeoutMs: 20_000 })
  await pause(1_000)
  const served = async () => {
    const found = await Promise.all(names.map(name => bindy.named.primary.dig('+short', `${name}.example.com`)))
    return found.filter(answer => answer.trim() !== '').length
  }
  expect(await served()).toBeGreaterThanOrEqual(9)
  await bindy.api.installCrds(join(import.meta.dirname, '../../../crds'))
  const said = conditionOf(await dns.says(zone, { status: 'False', reason: 'MassWithdrawal' }, RETRIED))
  expect(await served()).toBeGreaterThanOrEqual(9)
  await dns.annotate(zone, { 'allow-withdrawal': /allow-withdrawal=(\w+)/.exec(said?.message ?? '')?.[1] ?? '' })
  await until('they have left', async () => (await served()) === 0)
})

/** A kubeconfig of somebody who may do everything but list a kind. */
async function kubeconfigWithout(plural: string): Promise<string> {
  const kubeconfig = parse(readFileSync(bindy.api.kubeconfig, 'utf8'))
  for (const { user } of kubeconfig.users) user.as = `all-but-${plural}`
  const name = `all-but-${plural}`
  const path = join(bindy.named.primary.data, '..', `${name}.kubeconfig`)
  writeFileSync(path, stringify(kubeconfig), { mode: 0o600 })
  const plurals = kinds.map(kind => kind.plural).filter(name => name !== plural)
  const rbac = (kind: string) => resourcePath({ group: 'rbac.authorization.k8s.io', version: 'v1', plural: kind })
  const rules = [
    { apiGroups: [API_GROUP], resources: [...plurals, ...plurals.map(name => `${name}/status`)], verbs: ['*'] },
    { apiGroups: ['', 'events.k8s.io'], resources: ['secrets', 'events'], verbs: ['*'] },
  ]
  await bindy.kube.create(rbac('clusterroles'), { metadata: { name }, rules })
  await bindy.kube.create(rbac('clusterrolebindings'), {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
  })
  return path
}

test('a kind that may not be listed is left alone, and a zone that lacks it is not made anew', async () => {
  dns = await bindy.namespace()
  const zone = await dns.ready(await dns.zone('example.com'))
  const text = { zone: 'example.com', name: 'text', text: ['here'] }
  await dns.ready(await dns.create('TXTRecord', 'text', text))
  await bindy.restartController({ kubeconfig: await kubeconfigWithout('txtrecords') })
  await dns.ready(await dns.create('ARecord', 'www', { zone: 'example.com', name: 'www', ipv4Address: '192.0.2.1' }))
  await answers(both(), 'text.example.com', 'TXT', ['"here"'])

  const other = await dns.zone('example.org')
  const said = conditionOf(await dns.says(other, { status: 'False', reason: 'KindNotRead' }))
  expect(said?.message).toMatch(/has no zone example\.org\., and none is made: TXTRecord objects may not be listed/)
  await bindy.restartController()
  await Promise.all([dns.ready(other), dns.ready(zone)])
})

test('addresses that may not be listed take nothing along that names their hosts', async () => {
  dns = await bindy.namespace()
  await dns.ready(await dns.zone('example.com'))
  const give = async (kind: string, name: string, spec: object) =>
    dns.ready(await dns.create(kind, name, { zone: 'example.com', name, ...spec }))
  for (const name of ['ns1', 'mail', 'ns.lab']) await give('ARecord', name, { ipv4Address: '192.0.2.99' })
  await give('MXRecord', 'in', { priority: 10, mailServer: 'mail.example.com.' })
  await give('NSRecord', 'lab', { nameserver: 'ns.lab.example.com.' })
  const content = async () => {
    const transfer = await bindy.named.primary.signed.dig('axfr', '+noall', '+answer', 'example.com')
    const lines = transfer.split('\n').filter(line => line !== '' && !/\sSOA\s/.test(line))
    return lines.map(line => line.replace(/\s+/g, ' ')).sort()
  }
  const before = await content()
  expect(before.filter(line => line.includes('192.0.2.99'))).toHaveLength(3)
  await bindy.restartController({ kubeconfig: await kubeconfigWithout('arecords') })
  await give('TXTRecord', 'text', { text: ['new'] })
  expect(await content()).toEqual([...before, 'text.example.com. 3600 IN TXT "new"'].sort())
})
