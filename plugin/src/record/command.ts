import { Args, Flags } from '@oclif/core'
import { type RecordType, recordTypes } from '#crds'
import { BindyCommand, type ConnectionFlags, durationFlag, secondsFlag, writeFlags } from '../base.ts'
import type { Cluster } from '../cluster.ts'
import { type Change, printWritten, type WriteChoice, write } from '../writing.ts'
import { CNAME } from './alias.ts'
import { type FoundRecord, findTakingOwner, type Place, readRecords, recordsAt } from './find.ts'
import type { Existing } from './plan.ts'
import { completedNames, typedRdatas, typedType } from './value.ts'
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

/** An argument or a flag, in the order in which they were typed: oclif's `argv` has equal words side by side. */
interface Token {
  readonly type: string
  readonly input: string
}

/** The words of a command with `valueArgs`, as parsed. */
interface Typed {
  readonly raw: readonly Token[]
  readonly args: { readonly name: string; readonly type: string }
  readonly flags: ConnectionFlags & { readonly zone?: string | undefined }
}

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
    await waitForRecords(cluster, changes, { written, timeoutMs: flags.wait, ...this.progress(flags.output) })
  }

  /** Reads NAME TYPE VALUE... as typed, and what the namespace has at that name. */
  protected async read({ raw, args, flags }: Typed) {
    const words = wordsOfValues(raw)
    const entry = typedType(args.type)
    const rdatas = typedRdatas(entry, words)
    // A zone file would read them otherwise.
    for (const name of completedNames(entry, words)) this.hint(`${name} is taken as ${name}.`)
    const cluster = await this.connect(flags)
    const place = await findTakingOwner(cluster, { name: args.name, zone: flags.zone })
    const records = await readRecords(cluster, entry === CNAME ? recordTypes : [entry, CNAME])
    const existing = existingOf(cluster, entry, place, records)
    return { cluster, place, entry, rdatas, there: recordsAt(records, place), existing }
  }
}

/** The words behind NAME and TYPE. */
export function wordsOfValues(raw: readonly Token[]): string[] {
  return raw
    .filter(({ type }) => type === 'arg')
    .slice(2)
    .map(({ input }) => input)
}

/** What of a type is at an owner name, among all records of the type in the namespace. */
export function existingOf(
  cluster: Cluster,
  entry: RecordType,
  place: Place,
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
