import { type RunningNamed, type UntilOptions, until } from '../../cluster/index.ts'

/* What servers answer, and what their logs tell. */

/** The records of one name and type in a server's answer, a delegation's too, in order: "192.0.2.1", or with their TTL. */
export async function ask(
  named: RunningNamed,
  name: string,
  type: string,
  options: { readonly ttl?: boolean } = {},
): Promise<string[]> {
  const owner = `${name.toLowerCase().replace(/\.$/, '')}.`
  const output = await named.dig('+noall', '+answer', '+authority', '+norecurse', '+nosplit', owner, type)
  return output
    .split('\n')
    .map(line => /^(\S+)\s+(\d+)\s+IN\s+(\S+)\s+(.*)$/.exec(line) ?? [])
    .filter(([, found, , kind]) => found?.toLowerCase() === owner && kind === type)
    .map(([, , ttl, , rdata]) => (options.ttl ? `${ttl} ${rdata}` : `${rdata}`))
    .sort()
}

/** Waits until all of the servers answer with these records and no others. */
export async function answers(
  servers: readonly RunningNamed[],
  name: string,
  type: string,
  expected: readonly string[],
  options: UntilOptions & { readonly ttl?: boolean } = {},
): Promise<void> {
  const wanted = JSON.stringify([...expected].sort())
  for (const named of servers) {
    let last = ''
    const isSo = async () => {
      last = JSON.stringify(await ask(named, name, type, options))
      return last === wanted
    }
    await until(`${named.name} answers ${wanted} to ${name} ${type}`, isSo, options).catch(error => {
      throw new Error(`${error.message}; it answers ${last}`, { cause: error })
    })
  }
}

/** The serial that a server has of a zone, or undefined where it has none. */
export async function serialOf(named: RunningNamed, zone: string): Promise<number | undefined> {
  const [soa] = await ask(named, zone, 'SOA')
  const serial = Number(soa?.split(' ')[2])
  return Number.isInteger(serial) ? serial : undefined
}

/** What others have had a server do: updates that it took, and commands that change something, from its log. */
export function dnsWrites(named: RunningNamed): string[] {
  return [...named.log().matchAll(/signer "[^"]*" approved|received control channel command '([^']*)'/g)]
    .map(([line, command]) => command ?? line)
    .filter(line => !/^(null|status|showzone|zonestatus)\b/.test(line))
}
