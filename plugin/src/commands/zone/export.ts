import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { Args, Flags } from '@oclif/core'
import { type DNSZone, zoneKey } from '#crds'
import { anywhereFlag, BindyCommand, formFlag } from '../../base.ts'
import { printedName } from '../../cluster.ts'
import { EXIT, Failure, usageFailure } from '../../failure.ts'
import { BIN } from '../../name.ts'
import { printData } from '../../screen/data.ts'
import { writeLines } from '../../screen/stream.ts'
import { findZone, shownName } from '../../zone/find.ts'
import { manifestsOf } from '../../zonefile/manifests.ts'
import type { ObjectZone } from '../../zonefile/objectzone.ts'
import { printCsv, printHead, printRecords } from '../../zonefile/print.ts'
import { ZoneReader } from '../../zonefile/readzone.ts'

const NO_TABLE = `is for people, and an export to be read again: ${BIN} record list shows a table`

export default class ZoneExport extends BindyCommand {
  static override summary = 'Write a zone as a zone file'
  static override description =
    'What the objects give, as the servers would serve it: each record with the object that it comes from. BIND loads the file, and zone import makes objects of it. With -o yaml the objects themselves, to be applied elsewhere.'
  static override args = { zone: Args.string({ ignoreStdin: true, description: 'its name, or that of its object' }) }
  static override examples = [
    '<%= config.bin %> zone export example.com > example.com.zone',
    '<%= config.bin %> zone export --all --directory zones/',
    '<%= config.bin %> zone export example.com -o yaml | kubectl apply --context other -f -',
  ]
  static override flags = {
    all: Flags.boolean({ summary: 'every zone of the namespace, in place of one; with -A of all namespaces' }),
    'all-namespaces': anywhereFlag,
    directory: Flags.string({
      helpValue: 'DIRECTORY',
      summary:
        'into a file each, named after the zone, with --all -A in a folder of its namespace; to standard output if absent',
    }),
    output: formFlag(['zone', 'csv', 'json', 'yaml', 'name'], { without: { table: NO_TABLE, wide: NO_TABLE } }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ZoneExport)
    if ((args.zone === undefined) === !flags.all)
      throw usageFailure('One zone is wanted, or --all of them', {
        fix: `${BIN} zone list shows which there are`,
      })
    if (flags.output === 'name' && flags.directory !== undefined)
      throw usageFailure('Names go to standard output, and into no files', { fix: 'leave out --directory' })
    const cluster = await this.connect(flags)
    const everywhere = flags['all-namespaces']
    const scope = cluster.scope(everywhere)
    const zones = args.zone === undefined ? await cluster.zones(scope) : [await findZone(cluster, scope, args.zone)]
    if (zones.length === 0) return this.hint(everywhere ? 'No zones' : `No zones in namespace ${cluster.namespace}`)
    const reader = new ZoneReader(cluster)
    const { directory = '' } = flags
    // Several namespaces may have zones of one name.
    const folderOf = ({ metadata }: DNSZone) =>
      flags.all && everywhere ? join(directory, metadata.namespace) : directory
    if (flags.output === 'zone' && flags.directory === undefined) return this.#toOutput(zones, reader)
    if (flags.output === 'zone') return this.#toFiles(zones, reader, folderOf, '.zone', fileText)
    const form = flags.output
    if (form === 'name') return this.#names(zones, reader)
    const text = async (found: ObjectZone) =>
      form === 'csv' ? printCsv(found) : [await printData(manifestsOf([found]), form)]
    if (flags.directory !== undefined) return this.#toFiles(zones, reader, folderOf, `.${form}`, text)
    const found = await Promise.all(zones.map(zone => reader.read(zone)))
    if (form === 'csv') for (const one of found) await writeLines(process.stdout, printCsv(one))
    else await writeLines(process.stdout, [await printData(manifestsOf(found), form)])
  }

  async #names(zones: readonly DNSZone[], reader: ZoneReader): Promise<void> {
    for (const zone of zones) this.printAll([zone, ...(await reader.read(zone)).records()].map(printedName))
  }

  /** What is known of a zone is written before its records are read. */
  async #toOutput(zones: readonly DNSZone[], reader: ZoneReader): Promise<void> {
    for (const zone of zones) {
      const reading = reader.read(zone)
      reading.catch(() => {})
      await writeLines(process.stdout, printHead(zone))
      const found = await reading
      await writeLines(process.stdout, printRecords(found))
      this.#tellUnserved(found)
    }
  }

  async #toFiles(
    zones: readonly DNSZone[],
    reader: ZoneReader,
    folderOf: (zone: DNSZone) => string,
    ending: string,
    text: (zone: ObjectZone) => Promise<Iterable<string>>,
  ): Promise<void> {
    const plain = (zone: DNSZone) => join(folderOf(zone), shownName(zoneKey(zone.spec.zoneName)).replaceAll('/', '-'))
    const files = zones.map(plain)
    for (const zone of zones) {
      const found = await reader.read(zone)
      await mkdir(folderOf(zone), { recursive: true })
      // Of several objects for one zone each has a file of its own.
      const isShared = files.filter(file => file === plain(zone)).length > 1
      const file = `${plain(zone)}${isShared ? `_${zone.metadata.name}` : ''}${ending}`
      await writeFileWhole(file, await text(found))
      this.print(file)
      this.#tellUnserved(found)
    }
  }

  #tellUnserved(zone: ObjectZone): void {
    const count = new Set(zone.unserved().map(({ object }) => object)).size
    if (count === 0) return
    const { namespace } = zone.zone.metadata
    const what = count === 1 ? 'object is' : 'objects are'
    this.hint(`${count} ${what} not served as they say: ${BIN} record list ${shownName(zone.apex)} -n ${namespace}`)
  }
}

/** Writes a file that appears under its name when it is whole. @throws Failure, and nothing of it is left */
async function writeFileWhole(file: string, lines: Iterable<string>): Promise<void> {
  const part = `${file}.part`
  const stream = createWriteStream(part)
  try {
    await writeLines(stream, lines)
    stream.end()
    await finished(stream)
    await rename(part, file)
  } catch (error) {
    stream.destroy()
    await rm(part, { force: true }).catch(() => {})
    throw new Failure(`Cannot write ${file}: ${(error as Error).message}`, { exit: EXIT.unknown, cause: error })
  }
}

async function fileText(zone: ObjectZone): Promise<Iterable<string>> {
  return [...printHead(zone.zone), ...printRecords(zone)]
}
