import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TsigKey, tsigKey } from '../../../../controller/src/bind9/key.ts'
import { RndcClient } from '../../../../controller/src/bind9/rndc/client.ts'
import type { RndcConnectionOptions } from '../../../../controller/src/bind9/rndc/connection.ts'
import type { RunningNamed } from '../../../cluster/index.ts'

/** Clients of real named processes; all are closed together. */
export class Clients {
  readonly #open: RndcClient[] = []

  to(named: RunningNamed, options: Partial<RndcConnectionOptions> = {}): RndcClient {
    const client = new RndcClient({ host: named.address, port: named.rndcPort, key: rndcKeyOf(named), ...options })
    this.#open.push(client)
    return client
  }

  close(): void {
    for (const client of this.#open.splice(0)) client.close()
  }
}

export function rndcKeyOf(named: RunningNamed): TsigKey {
  return tsigKey(named.rndcKey)
}

/** Writes a zone file that loads under any name, and returns its name. */
export function writeZoneFile(named: RunningNamed, file: string, serial = 1): string {
  const records = `@ 300 IN SOA ns.invalid. admin.invalid. ${serial} 3600 600 86400 300\n@ 300 IN NS ns.invalid.\n`
  writeFileSync(join(named.data, file), records)
  return file
}
