import { isDeepStrictEqual } from 'node:util'
import { ipv6Groups, isIPv4 } from './address.ts'
import { serialCompare } from './serial.ts'
import type { Structural } from './structural.ts'

type Fields = Readonly<Record<string, unknown>>
type Holds = (self: never, parts: readonly string[], old: unknown) => boolean

/**
 * Whether the CEL rules of a schema hold of a value that has the schema's types. As the API server does, it judges nothing
 * that an update leaves as it was.
 */
export function celHolds(schema: Structural, value: unknown, old?: unknown): boolean {
  if (value === undefined || isDeepStrictEqual(value, old)) return true
  const rules = schema['x-kubernetes-validations'] ?? []
  return rules.every(({ rule }) => holds(rule, value, old)) && partsHold(schema, value, old)
}

function partsHold(schema: Structural, value: unknown, old: unknown): boolean {
  if (schema.type === 'array') return (value as readonly unknown[]).every(item => celHolds(schema.items, item))
  if (schema.type !== 'object') return true
  const before = (old ?? {}) as Fields
  return Object.entries(value as Fields).every(([name, one]) => {
    const below = schema.properties ? schema.properties[name] : schema.additionalProperties
    return below === undefined || celHolds(below, one, before[name])
  })
}

function holds(rule: string, self: unknown, old: unknown): boolean {
  for (const [form, isTrue] of FORMS) {
    const found = form.exec(rule)
    if (found) return isTrue(self as never, found.slice(1), old)
  }
  throw new TypeError(`Cannot tell whether a CEL rule holds: ${rule}`)
}

// The rules of our schemas, each as it is written there.
const FORMS: readonly (readonly [form: RegExp, isTrue: Holds])[] = [
  [/^self\.matches\(r?'(.*)'\)$/, (self: string, [pattern = '']) => matches(self, pattern)],
  [/^isIP\(self\) && ip\(self\)\.family\(\) == 4$/, (self: string) => isIPv4(self)],
  [/^isIP\(self\) && ip\(self\)\.family\(\) == 6$/, (self: string) => isPlainIPv6(self)],
  [
    /^isIP\(self\) \|\| self\.matches\('(.*)'\)$/,
    (self: string, [pattern = '']) => isIPv4(self) || isPlainIPv6(self) || matches(self, pattern),
  ],
  [/^self == oldSelf$/, (_self: string, _parts, old) => old === undefined],
  [
    /^\(self - oldSelf \+ 4294967296\) % 4294967296 < 2147483648$/,
    (self: number, _parts, old) => old === undefined || serialCompare(self, old as number) >= 0,
  ],
  [
    /^has\(self\.(\w+)\) != has\(self\.(\w+)\)$/,
    (self: Fields, names) => names.filter(name => self[name] !== undefined).length === 1,
  ],
  [
    /^has\(self\.(\w+)\) \|\| has\(self\.(\w+)\)$/,
    (self: Fields, names) => names.some(name => self[name] !== undefined),
  ],
  [
    /^\(has\(self\.(\w+)\) && size\(self\.\1\) > 0\) \|\| \(has\(self\.(\w+)\) && size\(self\.\2\) > 0\)$/,
    (self: Fields, names) => names.some(name => hasAny(self[name])),
  ],
  [
    /^\(self\.operator in \['In', 'NotIn'\]\) == \(has\(self\.values\) && size\(self\.values\) > 0\)$/,
    ({ operator, values }: Fields) => ['In', 'NotIn'].includes(operator as string) === hasAny(values),
  ],
]

function matches(text: string, pattern: string): boolean {
  return new RegExp(pattern).test(text)
}

// An IPv4 address that is written as an IPv6 address (RFC 4291 section 2.5.5.2) is none to CEL.
function isPlainIPv6(text: string): boolean {
  const groups = ipv6Groups(text)
  return groups !== undefined && groups.slice(0, 6).join() !== '0,0,0,0,0,65535'
}

function hasAny(value: unknown): boolean {
  return Object.keys(value ?? {}).length > 0
}
