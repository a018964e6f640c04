import type { RdataField, RecordType, Wire } from '#crds'

/** An object's spec that is wrong, and the words of the refusal that lead to the fault. */
export interface Fault {
  readonly title: string
  readonly spec: unknown
  readonly says: readonly string[]
}

type Spec = Readonly<Record<string, unknown>>

const x = (length: number) => 'x'.repeat(length)
const numbers = (max: number) => ['ten', '10', 1.5, -1, max + 1, true]

/** Values that a field of each form does not take. */
const wrongValues: Record<Wire, readonly unknown[]> = {
  ipv4: [5, '', 'www', '192.0.2', '192.0.2.256', '192.0.2.010', '192.0.2.1/24', '2001:db8::1', ' 192.0.2.1'],
  ipv6: [
    5,
    '',
    'www',
    '192.0.2.1',
    '2001:db8::g',
    '2001:db8::1::2',
    '2001:db8::/32',
    '::ffff:192.0.2.1',
    'fe80::1%eth0',
  ],
  name: [
    5,
    '',
    'mail',
    '@',
    '..',
    'a..b.',
    '.a.',
    'a b.',
    `${x(64)}.example.com.`,
    'bücher.example.',
    'a.b\n',
    'a\\',
    `${'x.'.repeat(200)}`,
  ],
  u8: numbers(0xff),
  u16: numbers(0xffff),
  u32: numbers(0xffffffff),
  strings: ['text', [], [5], [x(4097)], Array(65).fill('x')],
  tag: [5, '', 'is-sue', 'is sue', x(16), 'tagü'],
  text: [5, x(4097), ['text']],
  hex: [5, '', 'abc', 'xy', '0x00', 'ab cd'],
}

/** Values at the edges of what a field of each form takes. */
export const edgeValues: Record<Wire, readonly unknown[]> = {
  ipv4: ['0.0.0.0', '255.255.255.255'],
  ipv6: ['::', '::1', '2001:DB8::10', '2001:db8:0:0:0:0:0:1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  name: [
    '.',
    'mail.',
    'a.b',
    'WWW.Example.COM.',
    `${x(63)}.example.com.`,
    String.raw`a\.b.example.com.`,
    String.raw`\000.a.`,
    '*.a.b',
    '_s._tcp.a',
  ],
  u8: [0, 255],
  u16: [0, 65535],
  u32: [0, 4294967295],
  strings: [[''], ['v=spf1 -all', 'ü "quoted" \\ ; text'], [x(4096)], Array(64).fill('x')],
  tag: ['issue', 'IODEF', 'x1', x(15)],
  text: ['', 'letsencrypt.org; validationmethods=dns-01', x(4096)],
  hex: ['00', 'DEADbeef', 'ff'.repeat(2048)],
}

/** Specs that are wrong in the fields of the record's own type, one fault each. */
export function recordFaults(entry: RecordType): Fault[] {
  const right = { zone: 'example.com', name: 'www', ...entry.example.spec }
  return [...sharedFaults(right), ...entry.fields.flatMap(field => fieldFaults(right, field))]
}

/** The right spec with the value at a path put in, or taken out where undefined. */
export function altered(spec: Spec, path: string, value: unknown): Spec {
  const [first = '', ...rest] = path.split('.')
  const inner = rest.length === 0 ? value : altered((spec[first] ?? {}) as Spec, rest.join('.'), value)
  return { ...spec, [first]: inner }
}

/** Faults of one place in a spec; each refusal has to name it. */
export function faultsAt(right: Spec, path: string, values: readonly unknown[]): Fault[] {
  return values.map(value => ({
    title: value === undefined ? `no ${path}` : `${path} ${brief(value)}`,
    spec: altered(right, path, value),
    says: [`spec.${path}`],
  }))
}

export const wrongZoneNames = [
  undefined,
  5,
  '',
  '.',
  '@',
  'a..b',
  '.com',
  'a b',
  'exa$mple.com',
  '-a.com',
  'a-.com',
  `${x(64)}.com`,
  'bücher.example',
  '*.example.com',
]
export const wrongTtls = ['1h', 1.5, -1, 2147483648]

function sharedFaults(right: Spec): Fault[] {
  return [
    ...faultsAt(right, 'zone', wrongZoneNames),
    ...faultsAt(right, 'name', [
      undefined,
      5,
      '',
      '.',
      'a..b',
      '.a',
      'a b',
      'www..',
      `${x(64)}`,
      'bücher',
      'a\\',
      x(255),
      'a.\n',
    ]),
    ...faultsAt(right, 'ttl', wrongTtls),
    ...faultsAt(right, 'colour', ['blue']),
  ]
}

function fieldFaults(right: Spec, { name, list, wire }: RdataField): Fault[] {
  const values = faultsAt(right, name, wrongValues[wire])
  if (list === undefined) return [...faultsAt(right, name, [undefined]), ...values]
  const without = altered(right, name, undefined)
  const both = [`exactly one of ${name} and ${list}`]
  return [
    ...values,
    { title: `neither ${name} nor ${list}`, spec: without, says: both },
    { title: `both ${name} and ${list}`, spec: altered(right, list, [right[name]]), says: both },
    ...faultsAt(without, list, [[], right[name], Array(101).fill(right[name])]),
    ...wrongValues[wire].map(value => ({
      title: `${list} with ${brief(value)}`,
      spec: altered(without, list, [right[name], value]),
      says: [`spec.${list}[1]`],
    })),
  ]
}

function brief(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 37)}...` : text
}
