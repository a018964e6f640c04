import { Args, Flags } from '@oclif/core'
import { axfr, type ZoneCopy } from '#bind9'
import { type DNSZone, placement } from '#crds'
import { askToGoOn } from '../../ask.ts'
import { BindyCommand, durationFlag, writeFlags } from '../../base.ts'
import type { Cluster } from '../../cluster.ts'
import { EXIT, Failure } from '../../failure.ts'
import { BIN } from '../../name.ts'
import { readRecords } from '../../record/find.ts'
import { kindOfType, recordObjects, textsOf } from '../../record/rrset.ts'
import { table } from '../../screen/table.ts'
import { Reach } from '../../server/reach.ts'
import { type Change, printWritten, write } from '../../writing.ts'
import { apexOf, findZone, shownName } from '../../zone/find.ts'
import { type Unowned, unownedOf } from '../../zone/unowned.ts'

export default class ZoneAdopt extends BindyCommand {
  static override summary = 'Make objects for records that a server has and no object gives'
  static override description = 'It shows them first, and asks. The records themselves stay as they are served.'
  static override args = {
    zone: Args.string({ ignoreStdin: true, required: true, description: 'its name, or that of its object' }),
  }
  static override flags = {
    yes: Flags.boolean({ char: 'y', summary: 'do not ask' }),
    timeout: durationFlag({ default: 30_000, summary: 'how long to wait for the server' }),
    ...writeFlags,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ZoneAdopt)
    const cluster = await this.connect(flags)
    const zone = await findZone(cluster, cluster.scope(false), args.zone)
    const apex = apexOf(zone) ?? '.'
    const [records, copy] = await Promise.all([
      readRecords(cluster),
      this.#transfer(cluster, zone, apex, flags.timeout),
    ])
    const unowned = unownedOf(zone, apex, copy, records)
    const changes = changesFor(
      zone,
      unowned,
      cluster.namespace,
      records.map(({ object }) => object.metadata.name),
    )
    if (unowned.others.length > 0)
      this.hint(`Left alone, since Bindy has no object for them: ${unowned.others.join(', ')}`)
    if (changes.length === 0) return this.hint(`Objects give all that is served of ${shownName(apex)}`)
    if (flags.output === 'table' && flags['dry-run'] === 'none') this.print(this.#preview(unowned))
    if (!flags.yes && flags['dry-run'] === 'none')
      await askToGoOn(`Make ${changes.length} objects in ${cluster.namespace}?`, this.signal)
    this.print(await printWritten(changes, await write(cluster, changes, flags), flags))
  }

  async #transfer(cluster: Cluster, zone: DNSZone, apex: string, timeoutMs: number): Promise<ZoneCopy> {
    const reach = new Reach(cluster, { timeoutMs })
    this.later(() => reach.close())
    const instances = await cluster.instances({ namespace: zone.metadata.namespace })
    const primary = placement(zone, instances).find(({ spec }) => spec.role === 'primary')
    if (!primary)
      throw new Failure(`No primary is to serve ${shownName(apex)}`, {
        exit: EXIT.unknown,
        fix: `${BIN} status zone ${shownName(apex)}`,
      })
    const answer = await reach.signed(primary, server => axfr(server, apex, { signal: this.signal }))
    if ('value' in answer) return answer.value
    throw new Failure(`Cannot read ${shownName(apex)} from ${primary.metadata.name}: ${answer.fault}`, {
      exit: EXIT.unknown,
      ...(answer.needs && { fix: `it needs ${answer.needs}` }),
    })
  }

  #preview({ rrsets }: Unowned): string[] {
    const columns = [
      { head: 'NAME', cell: (one: (typeof rrsets)[0]) => shownName(one.owner), atLeast: 16 },
      { head: 'TYPE', cell: (one: (typeof rrsets)[0]) => one.entry.type },
      { head: 'TTL', cell: (one: (typeof rrsets)[0]) => one.ttl },
      {
        head: 'VALUE',
        cell: (one: (typeof rrsets)[0]) => one.rdatas.flatMap(values => textsOf(one.entry, values)).join(', '),
        atLeast: 12,
      },
    ]
    return table(rrsets, columns, this.terminal)
  }
}

function changesFor(zone: DNSZone, { rrsets }: Unowned, namespace: string, taken: readonly string[]): Change[] {
  const names = new Set(taken)
  return rrsets.flatMap(rrset => {
    const objects = recordObjects(zone, rrset, { namespace, isFree: name => !names.has(name) })
    return objects.map(object => ({ kind: kindOfType(rrset.entry), object, verb: 'created' as const }))
  })
}
