import { refuseAlias } from '../../record/alias.ts'
import { RecordCommand, recordFlags, ttlFlag, valueArgs } from '../../record/command.ts'
import { planAdd } from '../../record/plan.ts'

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
    const typed = await this.parse(RecordAdd)
    const { cluster, place, entry, rdatas, there, existing } = await this.read(typed)
    refuseAlias(place, entry, there)
    const rrset = { owner: place.owner, entry, rdatas, ttl: typed.flags.ttl }
    await this.make(planAdd(place, rrset, existing), cluster, typed.flags)
  }
}
