import { until } from '../../cluster/index.ts'
import { serialOf } from '../../controller/e2e/answers.ts'
import type { Namespace } from '../../controller/e2e/namespace.ts'
import type { RunningPlugin } from './running.ts'

export type Dns = Namespace<'primary' | 'secondary'>

/** A namespace of a zone that is served, but for one of its records, and of a zone that nobody is to serve. */
export async function troubledZones({ bindy }: RunningPlugin): Promise<Dns> {
  const dns = await bindy.namespace()
  await dns.ready(await dns.zone('example.com'))
  await dns.says(await dns.zone('shop.test', { clusterRef: 'nowhere' }), { reason: 'NoPrimary' })
  const record = (kind: string, name: string, spec: object) => dns.create(kind, name, { zone: 'example.com', ...spec })
  const served = [
    await record('ARecord', 'www', { name: 'www', ipv4Addresses: ['192.0.2.1', '192.0.2.2'] }),
    await record('TXTRecord', 'spf', {
      name: '@',
      text: ['v=spf1 include:a-very-long-name-of-a-mail-service.example.net ~all'],
    }),
    await record('CNAMERecord', 'blog', { name: 'blog', target: 'www.example.com.' }),
  ]
  for (const object of served) await dns.ready(object)
  await dns.says(await record('MXRecord', 'mail', { name: 'mail', priority: 10, mailServer: 'blog.example.com.' }), {
    reason: 'TargetIsAlias',
  })
  await until('the secondary has it', async () => {
    const [a, b] = await Promise.all(
      [bindy.named.primary, bindy.named.secondary].map(named => serialOf(named, 'example.com')),
    )
    const [zone] = (await dns.list('dnszones')).filter(({ metadata }) => metadata.name === 'example.com')
    const servers = (zone?.status?.servers ?? []) as readonly { serial?: number; lag?: number }[]
    return a !== undefined && a === b && servers.length === 2 && servers.every(({ serial }) => serial === a)
  })
  return dns
}

/** A namespace where all is well. */
export async function wellServedZone(plugin: RunningPlugin): Promise<Dns> {
  const well = await plugin.bindy.namespace()
  await well.zone('well.test')
  await plugin.must(well, 'status zone well.test --wait=60s')
  return well
}
