import { ipv6Groups, isIPv4 } from './address.ts'
import type { EncodeRdata } from './claim.ts'
import { BindyError } from './error.ts'
import { canonicalName } from './name.ts'
import { printRdata } from './presentation.ts'
import type { RdataField, RdataValues, Wire } from './records.ts'

/**
 * A text that is the same for two records exactly when their rdata is: names and addresses in one spelling, all in wire
 * order. It stands for the octets where records are only compared. Throws BindyError on values that the type cannot have.
 */
export const rdataText: EncodeRdata = (entry, values) => {
  const canonical = entry.fields.map(field => [field.name, canonicalValue(field, values[field.name])])
  return printRdata(entry, Object.fromEntries(canonical))
}

function canonicalValue({ name, wire }: RdataField, value: unknown): RdataValues[string] {
  if (!isValue(wire, value)) throw new BindyError(`Not a value of ${name}`, { reason: 'InvalidRdata', retry: 'never' })
  if (wire === 'name') return canonicalName(value as string)
  if (wire === 'ipv6') return (ipv6Groups(value as string) ?? []).join(':')
  return value as RdataValues[string]
}

function isValue(wire: Wire, value: unknown): boolean {
  switch (wire) {
    case 'u8':
    case 'u16':
    case 'u32':
      return Number.isInteger(value)
    case 'strings':
      return Array.isArray(value) && value.every(text => typeof text === 'string')
    case 'ipv4':
      return typeof value === 'string' && isIPv4(value)
    case 'ipv6':
      return typeof value === 'string' && ipv6Groups(value) !== undefined
    default:
      return typeof value === 'string'
  }
}
