import type { RunnableCommand } from './base.ts'

type Load = () => Promise<{ readonly default: RunnableCommand }>

/** Every command by its id, its words with colons between; each is loaded when it is to run. */
export const commands: Readonly<Record<string, Load>> = {
  check: () => import('./commands/check.ts'),
  completion: () => import('./commands/completion.ts'),
  diff: () => import('./commands/diff.ts'),
  graph: () => import('./commands/graph.ts'),
  history: () => import('./commands/history.ts'),
  init: () => import('./commands/init.ts'),
  lint: () => import('./commands/lint.ts'),
  query: () => import('./commands/query.ts'),
  'record:add': () => import('./commands/record/add.ts'),
  'record:delete': () => import('./commands/record/delete.ts'),
  'record:list': () => import('./commands/record/list.ts'),
  'record:set': () => import('./commands/record/set.ts'),
  rndc: () => import('./commands/rndc.ts'),
  status: () => import('./commands/status.ts'),
  'status:zone': () => import('./commands/status/zone.ts'),
  version: () => import('./commands/version.ts'),
  'zone:adopt': () => import('./commands/zone/adopt.ts'),
  'zone:create': () => import('./commands/zone/create.ts'),
  'zone:delete': () => import('./commands/zone/delete.ts'),
  'zone:export': () => import('./commands/zone/export.ts'),
  'zone:freeze': () => import('./commands/zone/freeze.ts'),
  'zone:import': () => import('./commands/zone/import.ts'),
  'zone:list': () => import('./commands/zone/list.ts'),
  'zone:notify': () => import('./commands/zone/notify.ts'),
  'zone:reload': () => import('./commands/zone/reload.ts'),
  'zone:retransfer': () => import('./commands/zone/retransfer.ts'),
  'zone:thaw': () => import('./commands/zone/thaw.ts'),
}
