import { Args, Flags } from '@oclif/core'
import { type DNSZone, printRecord, type RecordObject, recordTypeOfKind, zoneKind } from '#crds'
import { BindyCommand, formFlag, isPage, outputForms } from '../../base.ts'
import { type Cluster, printedName, type Scope } from '../../cluster.ts'
import { readiness } from '../../condition.ts'
import { EXIT } from '../../failure.ts'
import { readable } from '../../readable.ts'
import { isOfZone, readableRecords } from '../../record/find.ts'
import { kindOfType } from '../../record/kind.ts'
import { ownerOf } from '../../record/owner.ts'
import { textsOf } from '../../record/rrset.ts'
import { typedType } from '../../record/value.ts'
import { printData } from '../../screen/data.ts'
import { printDuration } from '../../screen/duration.ts'
import { type Column, table } from '../../screen/table.ts'
import type { Terminal } from '../../screen/terminal.ts'
import { withoutManagedFields } from '../../writing.ts'
import { apexOf, oneZone, shownName, typedName, zonesCalled } from '../../zone/find.ts'

export default class RecordList extends BindyCommand {
  static override summary = 'List records, and whether they are served'
  static override description = 'It ends with 0 where all could be read, and with 3 where a right was missing.'
  static override args = {
    zone: Args.string({ ignoreStdin: true, description: 'of this zone alone, by its name or that of its object' }),
  }
  static override flags = {
    'all-namespaces': Flags.boolean({ char: 'A', summary: 'of all namespaces' }),
    selector: Flags.string({ char: 'l', helpValue: 'LABELS', summary: 'those with these labels alone' }),
    type: Flags.string({
      helpValue: 'TYPE',
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      summary: 'those of this type alone',
    }),
    output: formFlag([...outputForms, 'zone'], { notes: { zone: 'lines of a zone file' } }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(RecordList)
    const cluster = await this.connect(flags)
    const all = flags['all-namespaces']
    const scope = cluster.scope(all)
    const kinds = flags.type?.map(type => kindOfType(typedType(type)))
    const [records, zone] = await Promise.all([
      readableRecords(cluster, scope, { kinds, selector: flags.selector }),
      args.zone === undefined ? undefined : findApex(cluster, scope, args.zone),
    ])
    const needs = [...(zone?.needs ?? []), ...records.needs]
    const rows = rowsOf(records.records, zone?.apex)
    await this.#print(rows, flags.output, { all })
    if (isPage(flags.output) && rows.length === 0 && needs.length === 0)
      this.hint(all ? 'No records' : `No records in namespace ${cluster.namespace}`)
    this.tellNeeds(needs)
    process.exitCode = needs.length === 0 ? EXIT.ok : EXIT.unknown
  }

  async #print(rows: readonly Row[], output: string, { all }: { readonly all: boolean }): Promise<void> {
    if (output === 'json' || output === 'yaml') {
      const items = rows.map(({ record }) => withoutManagedFields(record))
      return this.print(await printData({ apiVersion: 'v1', kind: 'List', items }, output))
    }
    if (output === 'name') return this.printAll(rows.map(({ record }) => printedName(record)))
    if (output === 'zone') return this.printAll(rows.flatMap(zoneLines))
    if (rows.length === 0) return
    this.print(table(rows, columns(this.terminal, all, Date.now()), this.terminal, { wide: output === 'wide' }))
  }
}

interface Row {
  readonly record: RecordObject
  readonly owner: string
  readonly type: string
  readonly values: readonly string[]
}

/** The name of the zone that is meant. Where not all zones may be read, what was typed may be the name itself. */
async function findApex(
  cluster: Cluster,
  scope: Scope,
  typed: string,
): Promise<{ readonly apex: string | undefined; readonly needs: readonly string[] }> {
  const { items, needs } = await readable<DNSZone>(cluster, zoneKind, scope)
  const isThere = needs.length === 0 || zonesCalled(items, typed).length > 0
  return { apex: isThere ? apexOf(oneZone(items, typed, scope)) : typedName(typed), needs }
}

function rowsOf(records: readonly RecordObject[], apex: string | undefined): Row[] {
  const rows = records
    .filter(record => apex === undefined || isOfZone(record, apex))
    .map(record => {
      const entry = recordTypeOfKind(record.kind)
      return { record, owner: ownerName(record), type: entry.type, values: textsOf(entry, record.spec) }
    })
  const key = ({ owner, type, record }: Row) =>
    `${owner.split('.').reverse().join('.')} ${type} ${record.metadata.name}`
  return rows.sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

function ownerName(record: RecordObject): string {
  try {
    return ownerOf(record, typedName(record.spec.zone)) ?? record.spec.name
  } catch {
    return record.spec.name
  }
}

function zoneLines({ record, owner, type, values }: Row): string[] {
  const { code } = typedType(type)
  return values.map(value => printRecord(owner, record.spec.ttl, code, value))
}

function columns(terminal: Terminal, all: boolean, nowMs: number): Column<Row>[] {
  return [
    ...(all ? [{ head: 'NAMESPACE', cell: ({ record }: Row) => record.metadata.namespace, atLeast: 10 }] : []),
    { head: 'NAME', cell: ({ owner }) => shownName(owner), atLeast: 16 },
    { head: 'TYPE', cell: ({ type }) => type },
    { head: 'TTL', cell: ({ record }) => record.spec.ttl },
    { head: 'VALUE', cell: ({ values }) => values.join(', '), atLeast: 12 },
    { head: 'STATUS', cell: ({ record }) => statusOf(record, terminal), isPainted: true },
    { head: 'OBJECT', cell: ({ record }) => `${record.kind}/${record.metadata.name}`, isWide: true },
    {
      head: 'AGE',
      cell: ({ record }) => printDuration(nowMs - Date.parse(record.metadata.creationTimestamp)),
      isWide: true,
    },
    { head: 'MESSAGE', cell: ({ record }) => readiness(record).message, isWide: true },
  ]
}

function statusOf(record: RecordObject, terminal: Terminal): string {
  const { status, reason } = readiness(record)
  return terminal.marked(status === 'True' ? 'good' : status === 'False' ? 'bad' : 'waiting', reason)
}
