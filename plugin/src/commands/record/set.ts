import { recordTypes } from '#crds'
import { CNAME, refuseAlias } from '../../record/alias.ts'
import { existingOf, RecordCommand, recordFlags, ttlFlag, valueArgs } from '../../record/command.ts'
import { findOwner, readRecords, recordsAt } from '../../record/find.ts'
import { planSet } from '../../record/plan.ts'
import { typedRdatas, typedType } from '../../record/value.ts'

export default class RecordSet extends RecordCommand {
  static override summary = 'Set the records of a type at a name, in place of those that are there'
  static override description = 'The TTL stays as it is where none is given.'
  static override strict = false
  static override args = valueArgs
  static override flags = { ttl: ttlFlag, ...recordFlags }
  static override examples = ['<%= config.bin %> record set www.example.com A 192.0.2.7 --ttl 5m']

  async run(): Promise<void> {
    const { argv, args, flags } = await this.parse(RecordSet)
    const words = (argv as string[]).slice(2)
    const entry = typedType(args.type)
    const rdatas = typedRdatas(entry, words)
    this.tellCompleted(entry, words)
    const cluster = await this.connect(flags)
    const place = await findOwner(cluster, args.name, flags.zone)
    const records = await readRecords(cluster, entry === CNAME ? recordTypes : [entry, CNAME])
    const others = recordsAt(records, place).filter(record => record.entry !== entry)
    refuseAlias(place, entry, others)
    const author = { fieldManager: flags['field-manager'], force: flags['force-conflicts'] }
    const existing = existingOf(cluster, entry, place, records)
    const ttl = flags.ttl ?? existing.at[0]?.spec.ttl
    await this.make(planSet(place, { owner: place.owner, entry, rdatas, ttl }, existing, author), cluster, flags)
  }
}
