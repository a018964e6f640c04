import { refuseAlias } from '../../record/alias.ts'
import { RecordCommand, recordFlags, ttlFlag, valueArgs } from '../../record/command.ts'
import { planSet } from '../../record/plan.ts'

export default class RecordSet extends RecordCommand {
  static override summary = 'Set the records of a type at a name, in place of those that are there'
  static override description = 'The TTL stays as it is where none is given.'
  static override strict = false
  static override args = valueArgs
  static override flags = { ttl: ttlFlag, ...recordFlags }
  static override examples = ['<%= config.bin %> record set www.example.com A 192.0.2.7 --ttl 5m']

  async run(): Promise<void> {
    const typed = await this.parse(RecordSet)
    const { flags } = typed
    const { cluster, place, entry, rdatas, there, existing } = await this.read(typed)
    const others = there.filter(record => record.entry !== entry)
    refuseAlias(place, entry, others)
    const author = { fieldManager: flags['field-manager'], force: flags['force-conflicts'] }
    const ttl = flags.ttl ?? existing.at[0]?.spec.ttl
    await this.make(planSet(place, { owner: place.owner, entry, rdatas, ttl }, existing, author), cluster, flags)
  }
}
