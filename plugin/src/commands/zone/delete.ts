import { Args } from '@oclif/core'
import { type DNSZone, deletionPolicy, zoneKind } from '#crds'
import { BindyCommand, durationFlag, writeFlags } from '../../base.ts'
import { newObject } from '../../cluster.ts'
import { EXIT, Failure } from '../../failure.ts'
import { waitFor } from '../../follow.ts'
import { BIN } from '../../name.ts'
import { printDuration } from '../../screen/duration.ts'
import { type Change, printWritten, write } from '../../writing.ts'
import { findZone, shownName } from '../../zone/find.ts'

export default class ZoneDelete extends BindyCommand {
  static override summary = 'Delete a zone'
  static override description =
    'The DNSZone goes, and with it the zone on its servers, unless its deletionPolicy is retain. Its records stay as objects.'
  static override args = {
    zone: Args.string({ ignoreStdin: true, required: true, description: 'its name, or that of its object' }),
  }
  static override flags = {
    'dry-run': writeFlags['dry-run'],
    output: writeFlags.output,
    wait: durationFlag({ summary: 'until it has left the servers; for so long at most, 2m if absent' }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ZoneDelete)
    const cluster = await this.connect(flags)
    const zone = await findZone(cluster, cluster.scope(false), args.zone)
    const changes: Change[] = [
      { kind: zoneKind, object: newObject(zoneKind, zone.metadata, zone.spec), verb: 'deleted' },
    ]
    const choice = { ...flags, 'field-manager': '' }
    const written = await write(cluster, changes, choice)
    this.print(await printWritten(changes, written, choice))
    if (flags['dry-run'] !== 'none') return
    if (flags.wait !== undefined) await this.#gone(zone, flags.wait, cluster)
    if (deletionPolicy(zone) === 'retain')
      this.hint(`The servers go on serving ${shownName(zone.spec.zoneName)}: its deletionPolicy is retain`)
  }

  async #gone(zone: DNSZone, timeoutMs: number, cluster: Parameters<typeof findZone>[0]): Promise<void> {
    const at = { kind: zoneKind, place: zone.metadata, timeoutMs }
    const found = await waitFor<DNSZone>(cluster, at, now => now?.metadata.uid !== zone.metadata.uid)
    if (found !== 'timeout') return
    const name = shownName(zone.spec.zoneName)
    throw new Failure(`${name} has not left all servers after ${printDuration(timeoutMs)}`, {
      exit: EXIT.timeout,
      fix: `${BIN} status zone ${name} -n ${zone.metadata.namespace}`,
    })
  }
}
