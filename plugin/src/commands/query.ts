import { Args } from '@oclif/core'
import { query, TYPE } from '#bind9'
import { anywhereFlag, BindyCommand, durationFlag, outputFlag } from '../base.ts'
import { printedName } from '../cluster.ts'
import { envelope } from '../envelope.ts'
import { EXIT, Failure } from '../failure.ts'
import { type ComparedRecord, type Comparison, compare } from '../query/compare.ts'
import { zoneFlag } from '../record/command.ts'
import { findOwner, type Owner } from '../record/find.ts'
import { typedType } from '../record/value.ts'
import { harmless } from '../screen/harmless.ts'
import { printKeyed } from '../screen/keyed.ts'
import { type Column, table } from '../screen/table.ts'
import { wrap } from '../screen/wrap.ts'
import { detours, Reach } from '../server/reach.ts'
import { shownName } from '../zone/find.ts'
import { ZoneReader } from '../zonefile/readzone.ts'

export default class Query extends BindyCommand {
  static override summary = 'Ask every server for a name, and show which object each record comes of'
  static override description =
    'It names the wildcard that answers for a name without records. It ends with 0 where all servers serve what the objects give, and with 1 where one does not, or serves what nobody gives. What the zone leaves to others, as owned or unmanaged, may be there.'
  static override args = {
    name: Args.string({ ignoreStdin: true, required: true, description: 'its whole name, such as www.example.com' }),
    type: Args.string({ ignoreStdin: true, description: 'A, AAAA, SOA and so on; all that is there if absent' }),
  }
  static override flags = {
    'all-namespaces': anywhereFlag,
    zone: zoneFlag,
    timeout: durationFlag({ default: 10_000, summary: 'how long to wait for a server' }),
    output: outputFlag(),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Query)
    const type = typeCode(args.type)
    const cluster = await this.connect(flags)
    const reach = new Reach(cluster, { timeoutMs: flags.timeout })
    this.later(() => reach.close())
    const scope = cluster.scope(flags['all-namespaces'])
    const place = await findOwner(cluster, { name: args.name, zone: flags.zone }, scope)
    const { owner } = place
    const reader = new ZoneReader(cluster)
    const [zone, servers] = await Promise.all([reader.read(place.zone), reader.serversOf(place.zone)])
    if (servers.length === 0)
      throw new Failure(`No Bind9Instance is to serve ${place.zone.spec.zoneName}`, { exit: EXIT.unknown })
    const answers = await Promise.all(
      servers.map(async instance => ({
        instance,
        answer: await reach.plain(instance, server => query(server, owner, type)),
      })),
    )
    const seen = compare({ zone, owner, type }, answers)
    await this.show(
      {
        page: () => this.#page(place, seen, flags.output === 'wide'),
        line: () => '',
        data: () => dataOf(place, seen),
        names: () => namesOf(seen),
      },
      flags.output,
    )
    process.exitCode = seen.servers.every(({ isAnswer }) => !isAnswer) ? EXIT.unknown : seen.isSame ? EXIT.ok : EXIT.no
  }

  #page({ owner, zone }: Owner, { records, wildcard, servers, isSame }: Comparison, wide: boolean): string[] {
    const { terminal } = this
    const asked = servers.filter(({ isAnswer }) => isAnswer).length
    const columns: Column<ComparedRecord>[] = [
      { head: 'TYPE', cell: ({ type }) => type },
      { head: 'TTL', cell: ttlText },
      { head: 'VALUE', cell: ({ value }) => value, atLeast: 12 },
      { head: 'SERVED BY', cell: one => servedBy(one, asked), atLeast: 9 },
      { head: 'GIVEN BY', cell: ({ givenBy }) => givenBy, atLeast: 10 },
    ]
    const silent = servers.filter(({ hasZone }) => !hasZone)
    return [
      terminal.paint(
        'bold',
        harmless(`${shownName(owner)} in zone ${shownName(zone.spec.zoneName)} (${printKeyed(zone)})`),
      ),
      ...(wildcard === undefined ? [] : [harmless(`The wildcard ${shownName(wildcard)} answers for it`)]),
      '',
      ...(records.length > 0
        ? table(records, columns, terminal, { wide })
        : servers.map(({ instance, said }) => harmless(`${instance}: ${said}`))),
      '',
      ...silent.map(({ instance, said }) => terminal.marked('bad', harmless(`${instance}: ${said}`))),
      ...records.flatMap(({ type, value, refused }) =>
        refused ? wrap('  ', harmless(`${type} ${value}: ${refused}`), terminal) : [],
      ),
      ...detours(servers).map(line => terminal.paint('dim', harmless(line))),
      isSame
        ? terminal.marked('good', `${asked} of ${servers.length} servers serve what the objects give`)
        : terminal.marked('bad', 'what is served is not what the objects give'),
    ]
  }
}

// What no object gives can be asked for all the same.
function typeCode(typed = 'ANY'): number {
  const own = { ANY: TYPE.ANY, SOA: TYPE.SOA }[typed.toUpperCase()]
  return own ?? typedType(typed).code
}

function ttlText({ ttls, wantedTtl }: ComparedRecord): string {
  const served = ttls.join('|') || '-'
  return ttls.some(ttl => ttl !== (wantedTtl ?? ttl)) ? `${served} -> ${wantedTtl}` : served
}

function servedBy({ servedBy: names }: ComparedRecord, asked: number): string {
  if (names.length === asked && asked > 0) return `all ${asked}`
  return names.length === 0 ? 'none' : names.join(', ')
}

function namesOf({ records }: Comparison): string[] {
  const names = records.flatMap(({ objects }) =>
    objects.map(({ kind, name }) => printedName({ kind, metadata: { name } })),
  )
  return [...new Set(names)]
}

function dataOf({ owner, zone }: Owner, seen: Comparison): object {
  return envelope('Query', { name: owner, zone: zone.spec.zoneName, ...seen })
}
