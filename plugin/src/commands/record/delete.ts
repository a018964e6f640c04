import { Args } from '@oclif/core'
import type { RecordType } from '#crds'
import { EXIT, Failure, usageFailure } from '../../failure.ts'
import { existingOf, RecordCommand, recordFlags } from '../../record/command.ts'
import { type FoundRecord, findOwner, readRecords, recordsAt } from '../../record/find.ts'
import { planDelete } from '../../record/plan.ts'
import { textsOf } from '../../record/rrset.ts'
import { typedRdatas, typedType } from '../../record/value.ts'

export default class RecordDelete extends RecordCommand {
  static override summary = 'Delete the records of a type at a name, or some of their values'
  static override strict = false
  static override args = {
    name: Args.string({ ignoreStdin: true, required: true, description: 'its whole name, such as www.example.com' }),
    type: Args.string({ ignoreStdin: true, description: 'may be left out where there is one alone' }),
    value: Args.string({ ignoreStdin: true, description: 'these alone, as a zone file has them' }),
  }
  static override flags = recordFlags
  static override examples = ['<%= config.bin %> record delete www.example.com A 192.0.2.2']

  async run(): Promise<void> {
    const { argv, args, flags } = await this.parse(RecordDelete)
    const words = (argv as string[]).slice(2)
    const typed = args.type === undefined ? undefined : typedType(args.type)
    const values = typed && words.length > 0 ? typedRdatas(typed, words).flatMap(one => textsOf(typed, one)) : undefined
    const cluster = await this.connect(flags)
    const place = await findOwner(cluster, args.name, flags.zone)
    const records = await readRecords(cluster, typed && [typed])
    const entry = typed ?? onlyType(place.owner, recordsAt(records, place))
    const existing = existingOf(cluster, entry, place, records)
    if (existing.at.length === 0) throw nothingAt(place.owner, entry)
    const author = { fieldManager: flags['field-manager'], force: flags['force-conflicts'] }
    await this.make(planDelete(existing, values, author), cluster, flags)
  }
}

function onlyType(owner: string, at: readonly FoundRecord[]): RecordType {
  const [type, ...others] = [...new Set(at.map(({ entry }) => entry))]
  if (!type) throw nothingAt(owner)
  if (others.length === 0) return type
  throw usageFailure(`${owner} has records of several types`, {
    fix: `name one of ${[type, ...others].map(entry => entry.type).join(', ')}`,
  })
}

function nothingAt(owner: string, entry?: RecordType): Failure {
  return new Failure(`No object gives ${owner}${entry ? ` ${entry.type}` : ' any record'}`, { exit: EXIT.unknown })
}
