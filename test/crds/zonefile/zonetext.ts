import { parseZoneFile, printFault, printRdata, recordTypeOfCode, type ZoneFile, type ZoneFileOptions } from '#crds'
import { rdataCodec } from '../../../plugin/src/zonefile/codec.ts'

/** Reads a text as the file "zone" of example.com. */
export function parse(text: string, options: Partial<ZoneFileOptions> = {}): ZoneFile {
  return parseZoneFile(text, { file: 'zone', origin: 'example.com.', codec: rdataCodec, ...options })
}

/** Records in one line each: owner, TTL, type code and rdata, in presentation form where the table has it. */
export function linesOf({ records }: ZoneFile): string[] {
  return records.map(({ owner, ttl, type, rdata }) => {
    const entry = recordTypeOfCode(type)
    if (rdata === undefined) return `${owner} ${ttl} ${type}`
    const text = entry
      ? printRdata(entry, rdataCodec.decode(entry, rdata))
      : Buffer.from(rdata, 'latin1').toString('hex')
    return `${owner} ${ttl} ${type} ${text}`
  })
}

export function faultsOf({ faults }: ZoneFile): string[] {
  return faults.map(printFault)
}
