import { recordTypes } from '#crds'
import { CNAME, refuseAlias } from '../../record/alias.ts'
import { existingOf, RecordCommand, recordFlags, ttlFlag, valueArgs } from '../../record/command.ts'
import { findOwner, readRecords, recordsAt } from '../../record/find.ts'
import { planAdd } from '../../record/plan.ts'
import { typedRdatas, typedType } from '../../record/value.ts'

export default class RecordAdd extends RecordCommand {
  static override summary = 'Add records at a name, beside what is there'
  static override strict = false
  static override args = valueArgs
  static override flags = { ttl: ttlFlag, ...recordFlags }
  static override examples = [
    '<%= config.bin %> record add www.example.com A 192.0.2.1 192.0.2.2 --ttl 5m',
    '<%= config.bin %> record add example.com MX 10 mail.example.com.',
    '<%= config.bin %> record add example.com TXT "v=spf1 mx -all"',
  ]

  async run(): Promise<void> {
    const { argv, args, flags } = await this.parse(RecordAdd)
    const words = (argv as string[]).slice(2)
    const entry = typedType(args.type)
    const rdatas = typedRdatas(entry, words)
    this.tellCompleted(entry, words)
    const cluster = await this.connect(flags)
    const place = await findOwner(cluster, args.name, flags.zone)
    const records = await readRecords(cluster, entry === CNAME ? recordTypes : [entry, CNAME])
    refuseAlias(place, entry, recordsAt(records, place))
    const rrset = { owner: place.owner, entry, rdatas, ttl: flags.ttl }
    await this.make(planAdd(place, rrset, existingOf(cluster, entry, place, records)), cluster, flags)
  }
}
