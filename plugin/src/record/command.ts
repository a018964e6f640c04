import { Args, Flags } from '@oclif/core'
import type { RecordType } from '#crds'
import { BindyCommand, durationFlag, secondsFlag, writeFlags } from '../base.ts'
import type { Cluster } from '../cluster.ts'
import { type Change, printWritten, type WriteChoice, write } from '../writing.ts'
import { type FoundRecord, type Owner, recordsAt } from './find.ts'
import type { Existing } from './plan.ts'
import { completedNames } from './value.ts'
import { waitForRecords } from './wait.ts'

/** FQDN TYPE VALUE..., in the order of a zone file. */
export const valueArgs = {
  name: Args.string({ ignoreStdin: true, required: true, description: 'its whole name, such as www.example.com' }),
  type: Args.string({ ignoreStdin: true, required: true, description: 'A, AAAA, CNAME, MX, TXT and so on' }),
  value: Args.string({ ignoreStdin: true, required: true, description: 'one or more, as a zone file has them' }),
}

export const zoneFlag = Flags.string({
  helpValue: 'ZONE',
  summary: 'the zone; the one with the longest name that holds it if absent',
})

/** Flags of commands that write records. */
export const recordFlags = {
  zone: zoneFlag,
  wait: durationFlag({ summary: 'until the primaries serve it; for so long at most, 2m if absent' }),
  ...writeFlags,
}

export const ttlFlag = secondsFlag({ summary: 'how long resolvers may keep it; as the zone says if absent' })

/** A command that writes records: shows what it wrote, and waits until it is served. */
export abstract class RecordCommand extends BindyCommand {
  /** Makes the changes, as far as the flags say. */
  protected async make(
    changes: readonly Change[],
    cluster: Cluster,
    flags: WriteChoice & { readonly wait?: number | undefined },
  ): Promise<void> {
    const written = await write(cluster, changes, flags)
    this.print(await printWritten(changes, written, flags))
    if (flags.wait === undefined || flags['dry-run'] !== 'none') return
    await waitForRecords(cluster, changes, { timeoutMs: flags.wait, ...this.progress(flags.output) })
  }

  /** Says which targets were taken as whole names: a zone file would read them otherwise. */
  protected tellCompleted(entry: RecordType, words: readonly string[]): void {
    for (const name of completedNames(entry, words)) this.hint(`${name} is taken as ${name}.`)
  }
}

/** What of a type is at an owner name, among all records of the type in the namespace. */
export function existingOf(
  cluster: Cluster,
  entry: RecordType,
  place: Owner,
  records: readonly FoundRecord[],
): Existing {
  const ofType = records.filter(record => record.entry === entry)
  return {
    entry,
    at: recordsAt(ofType, place).map(({ object }) => object),
    namespace: cluster.namespace,
    taken: new Set(ofType.map(({ object }) => object.metadata.name)),
  }
}
