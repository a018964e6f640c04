import { createWriteStream } from 'node:fs'
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { Args, Flags } from '@oclif/core'
import type { DNSZone } from '#crds'
import { BindyCommand } from '../../base.ts'
import { usageFailure } from '../../failure.ts'
import { BIN } from '../../name.ts'
import { printData } from '../../screen/data.ts'
import { writeLines } from '../../screen/stream.ts'
import { findZone, shownName } from '../../zone/find.ts'
import { manifestsOf } from '../../zonefile/manifests.ts'
import type { ObjectZone } from '../../zonefile/objectzone.ts'
import { printCsv, printHead, printRecords } from '../../zonefile/print.ts'
import { ZoneReader } from '../../zonefile/readzone.ts'

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
    all: Flags.boolean({ summary: 'every zone of the namespace, in place of one' }),
    directory: Flags.string({
      helpValue: 'DIRECTORY',
      summary: 'into a file each, named after the zone; to standard output if absent',
    }),
    output: Flags.option({
      char: 'o',
      options: ['zone', 'csv', 'json', 'yaml'] as const,
      default: 'zone',
      helpValue: 'FORM',
      summary: 'zone, csv, json or yaml',
    })(),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ZoneExport)
    if ((args.zone === undefined) === !flags.all)
      throw usageFailure('One zone is wanted, or --all of them', {
        fix: `${BIN} zone list shows which there are`,
      })
    const cluster = await this.connect(flags)
    const scope = cluster.scope(false)
    const zones = args.zone === undefined ? await cluster.zones(scope) : [await findZone(cluster, scope, args.zone)]
    if (zones.length === 0) return this.hint(`No zones in namespace ${cluster.namespace}`)
    const reader = new ZoneReader(cluster)
    if (flags.output === 'zone' && flags.directory === undefined) return this.#toOutput(zones, reader)
    if (flags.output === 'zone') return this.#toFiles(zones, reader, flags.directory ?? '.', '.zone', fileText)
    const form = flags.output
    const text = async (found: ObjectZone) =>
      form === 'csv' ? printCsv(found) : [await printData(manifestsOf([found]), form)]
    if (flags.directory !== undefined) return this.#toFiles(zones, reader, flags.directory, `.${form}`, text)
    const found = await Promise.all(zones.map(zone => reader.read(zone)))
    if (form === 'csv') for (const one of found) await writeLines(process.stdout, printCsv(one))
    else await writeLines(process.stdout, [await printData(manifestsOf(found), form)])
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

  /** A file appears under its name when it is whole. */
  async #toFiles(
    zones: readonly DNSZone[],
    reader: ZoneReader,
    directory: string,
    ending: string,
    text: (zone: ObjectZone) => Promise<Iterable<string>>,
  ): Promise<void> {
    await mkdir(directory, { recursive: true })
    for (const zone of zones) {
      const found = await reader.read(zone)
      const file = join(directory, `${shownName(found.apex).replaceAll('/', '-')}${ending}`)
      const stream = createWriteStream(`${file}.part`)
      await writeLines(stream, await text(found))
      stream.end()
      await finished(stream)
      await rename(`${file}.part`, file)
      this.print(file)
      this.#tellUnserved(found)
    }
  }

  #tellUnserved(zone: ObjectZone): void {
    const count = new Set(zone.unserved().map(({ object }) => object)).size
    if (count === 0) return
    const name = shownName(zone.apex)
    this.hint(
      `${count} ${count === 1 ? 'object is' : 'objects are'} not served as they say: ${BIN} record list ${name}`,
    )
  }
}

async function fileText(zone: ObjectZone): Promise<Iterable<string>> {
  return [...printHead(zone.zone), ...printRecords(zone)]
}
