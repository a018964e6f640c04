import { Args } from '@oclif/core'
import { query, TYPE } from '#bind9'
import { placement, recordTypeOfCode } from '#crds'
import { BindyCommand, durationFlag, viewFlag } from '../base.ts'
import { EXIT, Failure } from '../failure.ts'
import { DATA_VERSION } from '../name.ts'
import { type ComparedRecord, type Comparison, compare } from '../query/compare.ts'
import { zoneFlag } from '../record/command.ts'
import { findOwner, type Owner, readRecords, recordsAt } from '../record/find.ts'
import { typedType } from '../record/value.ts'
import { harmless } from '../screen/harmless.ts'
import { printKeyed } from '../screen/keyed.ts'
import { type Column, table } from '../screen/table.ts'
import { wrap } from '../screen/wrap.ts'
import { Reach } from '../server/reach.ts'
import { shownName } from '../zone/find.ts'

export default class Query extends BindyCommand {
  static override summary = 'Ask every server for a name, and show which object each record comes of'
  static override description =
    'It ends with 0 where all servers serve what the objects give, and with 1 where one does not.'
  static override args = {
    name: Args.string({ ignoreStdin: true, required: true, description: 'its whole name, such as www.example.com' }),
    type: Args.string({ ignoreStdin: true, description: 'A, AAAA, SOA and so on; all that is there if absent' }),
  }
  static override flags = {
    zone: zoneFlag,
    timeout: durationFlag({ default: 10_000, summary: 'how long to wait for a server' }),
    output: viewFlag(),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Query)
    const type = typeCode(args.type)
    const entry = recordTypeOfCode(type)
    const cluster = await this.connect(flags)
    const reach = new Reach(cluster, { timeoutMs: flags.timeout })
    this.later(() => reach.close())
    const [place, records, instances] = await Promise.all([
      findOwner(cluster, args.name, flags.zone),
      type === TYPE.SOA ? [] : readRecords(cluster, entry && [entry]),
      cluster.instances(cluster.scope(false)),
    ])
    const servers = placement(place.zone, instances)
    if (servers.length === 0)
      throw new Failure(`No Bind9Instance is to serve ${place.zone.spec.zoneName}`, { exit: EXIT.unknown })
    const answers = await Promise.all(
      servers.map(async instance => ({
        instance,
        answer: await reach.plain(instance, server => query(server, place.owner, type, { signal: this.signal })),
      })),
    )
    const seen = compare(place, answers, recordsAt(records, place))
    await this.show(
      { page: () => this.#page(place, seen, flags.output === 'wide'), line: () => '', data: () => dataOf(place, seen) },
      flags.output,
    )
    process.exitCode = seen.servers.every(({ isAnswer }) => !isAnswer) ? EXIT.unknown : seen.isSame ? EXIT.ok : EXIT.no
  }

  #page({ owner, zone }: Owner, { records, servers, isSame }: Comparison, wide: boolean): string[] {
    const { terminal } = this
    const asked = servers.filter(({ isAnswer }) => isAnswer).length
    const columns: Column<ComparedRecord>[] = [
      { head: 'TYPE', cell: ({ type }) => type },
      { head: 'TTL', cell: ({ ttls }) => ttls.join('|') || '-' },
      { head: 'VALUE', cell: ({ value }) => value, atLeast: 12 },
      { head: 'SERVED BY', cell: one => servedBy(one, asked), atLeast: 9 },
      { head: 'GIVEN BY', cell: ({ givenBy }) => givenBy, atLeast: 10 },
    ]
    const silent = servers.filter(({ isAnswer, said }) => !isAnswer || said.includes('not auth'))
    return [
      terminal.paint(
        'bold',
        harmless(`${shownName(owner)} in zone ${shownName(zone.spec.zoneName)} (${printKeyed(zone)})`),
      ),
      '',
      ...(records.length > 0
        ? table(records, columns, terminal, { wide })
        : servers.map(({ instance, said }) => harmless(`${instance}: ${said}`))),
      '',
      ...silent.map(({ instance, said }) => terminal.marked('bad', harmless(`${instance}: ${said}`))),
      ...records.flatMap(({ type, value, refused }) =>
        refused ? wrap(harmless(`${type} ${value}: ${refused}`), terminal.width, terminal, '  ') : [],
      ),
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

function servedBy({ servedBy: names }: ComparedRecord, asked: number): string {
  if (names.length === asked && asked > 0) return `all ${asked}`
  return names.length === 0 ? 'none' : names.join(', ')
}

function dataOf({ owner, zone }: Owner, seen: Comparison): object {
  return { apiVersion: DATA_VERSION, kind: 'Query', name: owner, zone: zone.spec.zoneName, ...seen }
}
