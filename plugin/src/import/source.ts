import { isIPv6 } from 'node:net'
import { axfr, DnsServer, encodeSoa, keyOfSecret, octetsOf, type TsigKey, TYPE } from '#bind9'
import { parseZoneFile, printFault, textOfOctets } from '#crds'
import { resourcePath } from '#kube'
import type { Cluster } from '../cluster.ts'
import { EXIT, Failure, usageFailure } from '../failure.ts'
import { readInput } from '../input.ts'
import { counted } from '../screen/count.ts'
import { rdataCodec } from '../zonefile/codec.ts'
import type { FoundRecord } from '../zonefile/fromzone.ts'
import { includesBeside, readZoneFile } from '../zonefile/includes.ts'

/** Where the records of a zone come from. */
export interface Source {
  /** As messages name it: a file, or the server. */
  readonly name: string
  readonly records: readonly FoundRecord[]
}

/** Faults that are shown; what they have in common is mostly one mistake. */
const SHOWN = 20

/** Reads a zone file, "-" is standard input. @throws Failure with every fault in it, by its place */
export async function readFile(file: string, apex: string, signal: AbortSignal): Promise<Source> {
  const isInput = file === '-'
  const text = isInput ? textOfOctets(await readInput(signal)) : await readZoneFile(file, signal)
  const include = isInput ? undefined : includesBeside(file)
  const name = isInput ? 'standard input' : file
  const { records, faults } = parseZoneFile(text, { file: name, origin: apex, codec: rdataCodec, include })
  if (faults.length > 0) throw faulty(`${name} cannot be read as a zone file`, faults.map(printFault))
  return { name, records }
}

/** Transfers the zone from a server, signed where a Secret holds the key. @throws BindyError that says what is wrong */
export async function readServer(
  cluster: Cluster,
  { server: text, secret }: { readonly server: string; readonly secret: string | undefined },
  apex: string,
): Promise<Source> {
  const key = secret === undefined ? undefined : await readKey(cluster, secret)
  const server = new DnsServer({ ...endpointOf(text), key, connections: 1 })
  try {
    const { soa, soaTtl, records } = await axfr(server, apex, { signal: cluster.signal })
    const found = records.map(({ name, ttl, type, rdata }) => ({ owner: name, ttl, type, rdata: octetsOf(rdata) }))
    const ofSoa = { owner: apex, ttl: soaTtl, type: TYPE.SOA, rdata: octetsOf(encodeSoa(soa)) }
    return { name: server.label, records: [ofSoa, ...found] }
  } finally {
    server.close()
  }
}

async function readKey({ client, namespace, signal }: Cluster, name: string): Promise<TsigKey> {
  const path = resourcePath({ group: '', version: 'v1', plural: 'secrets' }, { namespace, name })
  const { data = {} } = await client.get<{ readonly data?: Readonly<Record<string, string>> }>(path, { signal })
  return keyOfSecret(data)
}

/** The end of an import for faults in what was read: all of them, or the first of very many. */
export function faulty(message: string, faults: readonly string[]): Failure {
  const more = faults.length > SHOWN ? [`... and ${faults.length - SHOWN} more`] : []
  const count = `${counted(faults.length, 'fault', 'faults')}, nothing was changed`
  return new Failure([`${message}: ${count}`, ...faults.slice(0, SHOWN), ...more].join('\n'), { exit: EXIT.rejected })
}

function endpointOf(text: string): { host: string; port: number } {
  if (isIPv6(text)) return { host: text, port: 53 }
  const [, bracketed, plain, port = '53'] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (!host || Number(port) < 1 || Number(port) > 65_535)
    throw usageFailure(`--from: ${JSON.stringify(text)} is no server`, { fix: 'HOST, HOST:PORT or [IPV6]:PORT' })
  return { host, port: Number(port) }
}
