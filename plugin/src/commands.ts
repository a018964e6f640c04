import RecordAdd from './commands/record/add.ts'
import RecordDelete from './commands/record/delete.ts'
import RecordList from './commands/record/list.ts'
import RecordSet from './commands/record/set.ts'
import StatusZone from './commands/status/zone.ts'
import Status from './commands/status.ts'
import Version from './commands/version.ts'
import ZoneCreate from './commands/zone/create.ts'
import ZoneDelete from './commands/zone/delete.ts'
import ZoneList from './commands/zone/list.ts'

/** Every command by its id: its words with colons between. */
export const commands = {
  'record:add': RecordAdd,
  'record:delete': RecordDelete,
  'record:list': RecordList,
  'record:set': RecordSet,
  status: Status,
  'status:zone': StatusZone,
  version: Version,
  'zone:create': ZoneCreate,
  'zone:delete': ZoneDelete,
  'zone:list': ZoneList,
}
