import { Args, Flags } from '@oclif/core'
import { axfr, type ZoneCopy } from '#bind9'
import { type DNSZone, placement, type RecordObject } from '#crds'
import { askToGoOn } from '../../ask.ts'
import { anywhereFlag, BindyCommand, durationFlag, isPage, writeFlags } from '../../base.ts'
import type { Cluster } from '../../cluster.ts'
import { EXIT, Failure } from '../../failure.ts'
import { checkAll, writeAll } from '../../import/run.ts'
import { kubectlFor } from '../../kubectl.ts'
import { BIN } from '../../name.ts'
import { kindOfType } from '../../record/kind.ts'
import { recordObjects, textsOf } from '../../record/rrset.ts'
import { table } from '../../screen/table.ts'
import { Reach } from '../../server/reach.ts'
import { type Change, printWritten, write } from '../../writing.ts'
import { apexOf, findZone, shownName } from '../../zone/find.ts'
import { type Unowned, unownedOf } from '../../zone/unowned.ts'
import { ZoneReader } from '../../zonefile/readzone.ts'

export default class ZoneAdopt extends BindyCommand {
  static override summary = 'Make objects for records that a server has and no object gives'
  static override description = 'It shows them first, and asks. The records themselves stay as they are served.'
  static override args = {
    zone: Args.string({ ignoreStdin: true, required: true, description: 'its name, or that of its object' }),
  }
  static override flags = {
    yes: Flags.boolean({ char: 'y', summary: 'do not ask' }),
    'all-namespaces': anywhereFlag,
    timeout: durationFlag({ default: 30_000, summary: 'how long to wait for the server' }),
    ...writeFlags,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ZoneAdopt)
    const cluster = await this.connect(flags)
    const zone = await findZone(cluster, cluster.scope(flags['all-namespaces']), args.zone)
    const { namespace } = zone.metadata
    const apex = apexOf(zone) ?? '.'
    const reader = new ZoneReader(cluster)
    const [objects, standing, copy] = await Promise.all([
      reader.read(zone),
      reader.recordsIn({ namespace }),
      this.#transfer(cluster, zone, apex, flags.timeout),
    ])
    const unowned = unownedOf(objects, copy)
    const changes = changesFor(zone, unowned, namespace, standing)
    if (unowned.others.length > 0)
      this.hint(`Left alone, since Bindy has no object for them: ${unowned.others.join(', ')}`)
    const but = (zone.spec.unmanaged ?? []).length > 0 ? ', but for what spec.unmanaged leaves to others' : ''
    const all = unowned.others.length > 0 ? 'all else that' : 'all that'
    if (changes.length === 0) return this.hint(`Objects give ${all} is served of ${shownName(apex)}${but}`)
    const dryRun = flags['dry-run']
    if (dryRun === 'client') return this.print(await printWritten(changes, await write(cluster, changes, flags), flags))
    if (isPage(flags.output) && dryRun === 'none') this.print(this.#preview(unowned, flags.output))
    const stages = [changes]
    const writing = { fieldManager: flags['field-manager'], force: flags['force-conflicts'] ?? false }
    const checked = await checkAll(cluster, stages, { ...writing, ...this.progress(flags.output) })
    if (dryRun === 'server') return this.print(await printWritten(changes, checked, flags))
    if (!flags.yes) await askToGoOn(`Make ${changes.length} objects in ${namespace}?`, this.signal)
    const written = await writeAll(cluster, stages, {
      ...writing,
      ...this.progress(flags.output),
      lastSignal: this.lastSignal,
      keeps: 'what is taken back would leave the servers, which served it before',
      kubectl: kubectlFor(flags),
    })
    this.print(await printWritten(changes, written, flags))
  }

  async #transfer(cluster: Cluster, zone: DNSZone, apex: string, timeoutMs: number): Promise<ZoneCopy> {
    const reach = new Reach(cluster, { timeoutMs })
    this.later(() => reach.close())
    const instances = await cluster.instances({ namespace: zone.metadata.namespace })
    const primary = placement(zone, instances).find(({ spec }) => spec.role === 'primary')
    if (!primary)
      throw new Failure(`No primary is to serve ${shownName(apex)}`, {
        exit: EXIT.unknown,
        fix: `${BIN} status zone ${shownName(apex)} -n ${zone.metadata.namespace}`,
      })
    const answer = await reach.signed(primary, server => axfr(server, apex))
    if ('value' in answer) return answer.value
    throw new Failure(`Cannot read ${shownName(apex)} from ${primary.metadata.name}: ${answer.fault}`, {
      exit: EXIT.unknown,
      ...(answer.needs && { fix: `it needs ${answer.needs}` }),
    })
  }

  #preview({ rrsets }: Unowned, output: string): string[] {
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
    return table(rrsets, columns, this.terminalFor(output))
  }
}

function changesFor(
  zone: DNSZone,
  { rrsets }: Unowned,
  namespace: string,
  standing: readonly RecordObject[],
): Change[] {
  const taken = new Set(standing.map(({ kind, metadata }) => `${kind} ${metadata.name}`))
  return rrsets.flatMap(rrset => {
    const { kind } = rrset.entry
    const objects = recordObjects(zone, rrset, { namespace, isFree: name => !taken.has(`${kind} ${name}`) })
    for (const { metadata } of objects) taken.add(`${kind} ${metadata.name}`)
    return objects.map(object => ({ kind: kindOfType(rrset.entry), object, verb: 'created' as const }))
  })
}
