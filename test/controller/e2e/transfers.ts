import type { RunningNamed } from '../../cluster/index.ts'

/** A zone as a server gives it away: each record as "www.example.com. 300 A 192.0.2.1", in order; the SOA without serial. */
export interface Transfer {
  readonly serial: number
  readonly records: readonly string[]
}

/** What a server serves of some zones, by AXFR; a zone that it does not give away is left out. */
export async function transfers(named: RunningNamed, zones: readonly string[]): Promise<Map<string, Transfer>> {
  const queries = zones.flatMap(zone => ['-t', 'axfr', zone])
  const output = await named.signed.dig('+noall', '+answer', '+nosplit', ...queries)
  const found = new Map<string, Transfer>()
  let records: string[] = []
  // A transfer begins and ends with the SOA (RFC 5936 section 2.2).
  for (const [, owner = '', ttl = '', type, rdata = ''] of output.matchAll(/^(\S+)\s+(\d+)\s+IN\s+(\S+)\s+(.*)$/gm)) {
    if (type !== 'SOA') records.push(`${owner} ${ttl} ${type} ${rdata}`)
    else if (records.length === 0) records.push(soaOf(owner, ttl, rdata))
    else {
      found.set(owner.slice(0, -1), { serial: Number(rdata.split(' ')[2]), records: records.sort() })
      records = []
    }
  }
  return found
}

function soaOf(owner: string, ttl: string, rdata: string): string {
  const [mname, rname, , ...timers] = rdata.split(' ')
  return [owner, ttl, 'SOA', mname, rname, ...timers].join(' ')
}
