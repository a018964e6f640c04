import Check from './commands/check.ts'
import Completion from './commands/completion.ts'
import Diff from './commands/diff.ts'
import Graph from './commands/graph.ts'
import History from './commands/history.ts'
import Init from './commands/init.ts'
import Query from './commands/query.ts'
import RecordAdd from './commands/record/add.ts'
import RecordDelete from './commands/record/delete.ts'
import RecordList from './commands/record/list.ts'
import RecordSet from './commands/record/set.ts'
import Rndc from './commands/rndc.ts'
import StatusZone from './commands/status/zone.ts'
import Status from './commands/status.ts'
import Version from './commands/version.ts'
import ZoneAdopt from './commands/zone/adopt.ts'
import ZoneCreate from './commands/zone/create.ts'
import ZoneDelete from './commands/zone/delete.ts'
import ZoneExport from './commands/zone/export.ts'
import ZoneFreeze from './commands/zone/freeze.ts'
import ZoneImport from './commands/zone/import.ts'
import ZoneList from './commands/zone/list.ts'
import ZoneNotify from './commands/zone/notify.ts'
import ZoneReload from './commands/zone/reload.ts'
import ZoneRetransfer from './commands/zone/retransfer.ts'
import ZoneThaw from './commands/zone/thaw.ts'

/** Every command by its id: its words with colons between. */
export const commands = {
  check: Check,
  completion: Completion,
  diff: Diff,
  graph: Graph,
  history: History,
  init: Init,
  query: Query,
  'record:add': RecordAdd,
  'record:delete': RecordDelete,
  'record:list': RecordList,
  'record:set': RecordSet,
  rndc: Rndc,
  status: Status,
  'status:zone': StatusZone,
  version: Version,
  'zone:adopt': ZoneAdopt,
  'zone:create': ZoneCreate,
  'zone:delete': ZoneDelete,
  'zone:export': ZoneExport,
  'zone:freeze': ZoneFreeze,
  'zone:import': ZoneImport,
  'zone:list': ZoneList,
  'zone:notify': ZoneNotify,
  'zone:reload': ZoneReload,
  'zone:retransfer': ZoneRetransfer,
  'zone:thaw': ZoneThaw,
}
