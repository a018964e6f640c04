import { Args } from '@oclif/core'
import type { RecordType } from '#crds'
import type { Cluster } from '../../cluster.ts'
import { EXIT, Failure, usageFailure } from '../../failure.ts'
import { existingOf, RecordCommand, recordFlags, wordsOfValues } from '../../record/command.ts'
import {
  type FoundRecord,
  findTakingOwner,
  type Place,
  placeByRecords,
  readRecords,
  recordsAt,
  type Typed,
} from '../../record/find.ts'
import { planDelete } from '../../record/plan.ts'
import { typedRdatas, typedType } from '../../record/value.ts'

export default class RecordDelete extends RecordCommand {
  static override summary = 'Delete the records of a type at a name, or some of their values'
  static override description =
    'Records of the namespace, also those of a zone that is gone, or that does not let the namespace in.'
  static override strict = false
  static override args = {
    name: Args.string({ ignoreStdin: true, required: true, description: 'its whole name, such as www.example.com' }),
    type: Args.string({ ignoreStdin: true, description: 'may be left out where there is one alone' }),
    value: Args.string({ ignoreStdin: true, description: 'these alone, as a zone file has them' }),
  }
  static override flags = recordFlags
  static override examples = ['<%= config.bin %> record delete www.example.com A 192.0.2.2']

  async run(): Promise<void> {
    const { raw, args, flags } = await this.parse(RecordDelete)
    const words = wordsOfValues(raw)
    const typed = args.type === undefined ? undefined : typedType(args.type)
    const values = typed && words.length > 0 ? typedRdatas(typed, words) : undefined
    const cluster = await this.connect(flags)
    const records = await readRecords(cluster, typed && [typed])
    const place = await placeOf(cluster, { name: args.name, zone: flags.zone }, records)
    const entry = typed ?? onlyType(place.owner, recordsAt(records, place))
    const existing = existingOf(cluster, entry, place, records)
    if (existing.at.length === 0) throw nothingAt(place.owner, entry)
    const author = { fieldManager: flags['field-manager'], force: flags['force-conflicts'] }
    await this.make(planDelete(existing, values, author), cluster, flags)
  }
}

// Records outlive their zone.
async function placeOf(cluster: Cluster, typed: Typed, records: readonly FoundRecord[]): Promise<Place> {
  try {
    const place = await findTakingOwner(cluster, typed)
    return recordsAt(records, place).length > 0 ? place : (placeByRecords(records, typed) ?? place)
  } catch (error) {
    const isMissing = error instanceof Failure && error.exit === EXIT.unknown
    const place = isMissing ? placeByRecords(records, typed) : undefined
    if (!place) throw error
    return place
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
