import { canonicalName, recordKinds, typeName } from '#crds'
import { BIN } from '../name.ts'
import { counted } from '../screen/count.ts'
import { harmless } from '../screen/harmless.ts'
import { table } from '../screen/table.ts'
import type { Terminal } from '../screen/terminal.ts'
import { wrap } from '../screen/wrap.ts'
import { shownName } from '../zone/find.ts'
import { printOctets } from '../zonefile/octets.ts'
import type { ImportPlan } from './plan.ts'
import type { Pruned } from './prune.ts'

/** How many notes a preview shows. */
export const SHOWN_NOTES = 10

/** What an import will do, before it does it. */
export function previewOf(
  plan: ImportPlan,
  source: { readonly name: string; readonly count: number },
  terminal: Terminal,
): string[] {
  const { zone, zoneVerb, records, standing, pruned, others, notes } = plan
  if (!zone) return []
  const name = shownName(canonicalName((zone.spec as { zoneName: string }).zoneName))
  const byKind = Map.groupBy(records, ({ kind }) => kind)
  const kinds = recordKinds.flatMap(({ kind }) => {
    const count = byKind.get(kind)?.length ?? 0
    return count > 0 ? [{ kind, does: `${count.toLocaleString('en')} to create` }] : []
  })
  const rows = [
    { kind: zone.kind, does: zoneVerb === 'unchanged' ? 'unchanged' : `to ${zoneVerb}, ${zone.metadata.name}` },
    ...kinds,
  ]
  const stand = standing > 0 ? [`${counted(standing, 'record stands', 'records stand')} already`] : []
  const more = others.length > 0 ? [othersLine(others, name, zone.metadata.namespace)] : []
  return [
    `${counted(source.count, 'record', 'records')} of ${name} in ${harmless(source.name)}, for namespace ${zone.metadata.namespace}`,
    ...table(
      rows,
      [
        { head: 'KIND', cell: ({ kind }) => kind },
        { head: 'OBJECTS', cell: ({ does }) => does },
      ],
      terminal,
      { indent: '  ' },
    ),
    ...(pruned.length > 0 ? table(pruned, prunedColumns, terminal, { indent: '  ' }) : []),
    ...[...stand, ...more, ...shortened(notes)].flatMap(line => wrap('  ', harmless(line), terminal)),
  ]
}

const prunedColumns = [
  { head: 'TO PRUNE', cell: ({ object }: Pruned) => `${object.kind} ${object.metadata.name}`, atLeast: 20 },
  { head: 'HOW', cell: ({ change }: Pruned) => (change.verb === 'deleted' ? 'delete' : 'rewrite') },
  { head: 'RECORDS THAT GO', cell: goingRecords, atLeast: 15 },
]

function goingRecords({ owner, claim, gone }: Pruned): string {
  if (gone.length === 0) return 'none, the TTL is another'
  return [owner, typeName(claim.type), gone.map(octets => printOctets(claim.type, octets)).join(', ')].join(' ')
}

function othersLine(others: ImportPlan['others'], zone: string, namespace: string): string {
  const what = counted(others.length, 'object of the zone gives', 'objects of the zone give')
  const where = others.every(({ metadata }) => metadata.namespace === namespace) ? `-n ${namespace}` : '-A'
  return `${what} what is not there, and ${others.length === 1 ? 'stays' : 'stay'}: ${BIN} record list ${zone} ${where}`
}

function shortened(notes: readonly string[]): string[] {
  const more = notes.length - SHOWN_NOTES
  return more > 0 ? [...notes.slice(0, SHOWN_NOTES), `... and ${more} more notes`] : [...notes]
}
