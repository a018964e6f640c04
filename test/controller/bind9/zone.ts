import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tsigKey } from '../../../controller/src/bind9/key.ts'
import { DnsServer } from '../../../controller/src/bind9/server.ts'
import type { startNamed } from '../../cluster/index.ts'

type Named = Awaited<ReturnType<typeof startNamed>>

/** A client of a named, with the key that named.conf gives to everything. */
export function clientOf(named: Named, options: object = {}): DnsServer {
  const key = tsigKey(named.tsigKey)
  return new DnsServer({ host: named.address, port: named.dnsPort, key, ...options })
}

/** The statements that let the keys update and transfer a zone. */
export function openTo(...names: readonly string[]): string {
  const keys = names.map(name => `key "${name}";`).join(' ')
  return `allow-update { ${keys} }; allow-transfer { ${keys} };`
}

/** Adds a primary zone; its file holds a SOA of serial 1, a NS, and the lines. Our key may update and transfer it. */
export async function addPrimary(
  named: Named,
  zone: string,
  {
    lines = [],
    access = openTo(named.tsigKey.name),
    more = '',
  }: { lines?: string[]; access?: string; more?: string } = {},
): Promise<void> {
  const file = `${zone}db`
  const start = ['$TTL 300', '@ SOA ns1.example.net. admin.example.net. 1 3600 600 86400 300', '@ NS ns1.example.net.']
  writeFileSync(join(named.data, file), `${[...start, ...lines].join('\n')}\n`)
  await must(named.rndc('addzone', zone, `{ type primary; file "${file}"; ${access} ${more} };`))
}

/** Refuses an rndc that failed. */
export async function must(output: ReturnType<Named['rndc']>): Promise<string> {
  const { code, stdout, stderr } = await output
  if (code !== 0) throw new Error(`rndc failed: ${stderr}`)
  return stdout
}
