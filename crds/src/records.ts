/*
 * The one table of record types. From an entry come its TypeScript type, its CRD, its rdata on the wire and back, the
 * controller's watch, its access rights, its sample and its line in the README. A new type is a new entry, then
 * `npm run generate`.
 */

/**
 * How a field stands in the object and in the rdata:
 * - `ipv4`, `ipv6`: an address in text; 4 or 16 octets
 * - `name`: a domain name; uncompressed labels (RFC 1035 section 3.1)
 * - `u8`, `u16`, `u32`: a number; that many bits, big-endian
 * - `strings`: texts; character-strings of up to 255 octets, a longer text split (RFC 1035 section 3.3)
 * - `tag`: letters and digits; one octet of length, then the octets (RFC 8659 section 4.1)
 * - `text`: a text; all octets up to the end of the rdata
 * - `hex`: pairs of hexadecimal digits; all octets up to the end of the rdata
 */
export type Wire = 'ipv4' | 'ipv6' | 'name' | 'u8' | 'u16' | 'u32' | 'strings' | 'tag' | 'text' | 'hex'

export interface RdataField {
  /** The property of the object's spec. */
  readonly name: string
  readonly wire: Wire
  readonly description: string
  /** A second property that takes several values, one record each, in place of the first. */
  readonly list?: string
}

export interface RecordType {
  /** The mnemonic of the type, as in a zone file. */
  readonly type: string
  readonly code: number
  readonly kind: string
  readonly plural: string
  readonly shortName: string
  readonly rfc: string
  /** What the record says, in one line for the README and `kubectl explain`. */
  readonly says: string
  /** In wire order. */
  readonly fields: readonly RdataField[]
  /** One spec, beside what `dig +nosplit` prints of it and its rdata in hexadecimal; in the zone example.com unless it says. */
  readonly example: {
    readonly zone?: string
    readonly name: string
    readonly spec: { readonly [field: string]: string | number | readonly string[] }
    readonly text: string
    readonly wire: string
  }
}

/** What rdata is made of, as far as its text and its octets go. */
export type RdataForm = Pick<RecordType, 'type' | 'fields'>

export const recordTypes = [
  {
    type: 'A',
    code: 1,
    kind: 'ARecord',
    plural: 'arecords',
    shortName: 'a',
    rfc: 'RFC 1035 section 3.4.1',
    says: 'IPv4 addresses of a host',
    fields: [
      { name: 'ipv4Address', list: 'ipv4Addresses', wire: 'ipv4', description: 'IPv4 address, such as 192.0.2.10.' },
    ],
    example: { name: 'www', spec: { ipv4Address: '192.0.2.10' }, text: '192.0.2.10', wire: 'c000020a' },
  },
  {
    type: 'AAAA',
    code: 28,
    kind: 'AAAARecord',
    plural: 'aaaarecords',
    shortName: 'aaaa',
    rfc: 'RFC 3596 section 2.2',
    says: 'IPv6 addresses of a host',
    fields: [
      { name: 'ipv6Address', list: 'ipv6Addresses', wire: 'ipv6', description: 'IPv6 address, such as 2001:db8::10.' },
    ],
    example: {
      name: 'www',
      spec: { ipv6Address: '2001:db8::10' },
      text: '2001:db8::10',
      wire: '20010db8000000000000000000000010',
    },
  },
  {
    type: 'CNAME',
    code: 5,
    kind: 'CNAMERecord',
    plural: 'cnamerecords',
    shortName: 'cname',
    rfc: 'RFC 1035 section 3.3.1',
    says: 'the canonical name of an alias',
    fields: [
      { name: 'target', wire: 'name', description: 'The name that this one is an alias of, such as www.example.com.' },
    ],
    example: {
      name: 'blog',
      spec: { target: 'www.example.com.' },
      text: 'www.example.com.',
      wire: '03777777076578616d706c6503636f6d00',
    },
  },
  {
    type: 'MX',
    code: 15,
    kind: 'MXRecord',
    plural: 'mxrecords',
    shortName: 'mx',
    rfc: 'RFC 1035 section 3.3.9',
    says: 'the host that takes mail for a name',
    fields: [
      { name: 'priority', wire: 'u16', description: 'The lowest is tried first.' },
      {
        name: 'mailServer',
        wire: 'name',
        description: 'The host that takes the mail; "." says that no host does (RFC 7505).',
      },
    ],
    example: {
      name: '@',
      spec: { priority: 10, mailServer: 'mail.example.com.' },
      text: '10 mail.example.com.',
      wire: '000a046d61696c076578616d706c6503636f6d00',
    },
  },
  {
    type: 'NS',
    code: 2,
    kind: 'NSRecord',
    plural: 'nsrecords',
    shortName: 'nsrec',
    rfc: 'RFC 1035 section 3.3.11',
    says: 'a name server of a zone, or of a child zone delegated to it',
    fields: [{ name: 'nameserver', wire: 'name', description: 'The name server, such as ns1.example.net.' }],
    example: {
      name: 'lab',
      spec: { nameserver: 'ns1.example.net.' },
      text: 'ns1.example.net.',
      wire: '036e7331076578616d706c65036e657400',
    },
  },
  {
    type: 'TXT',
    code: 16,
    kind: 'TXTRecord',
    plural: 'txtrecords',
    shortName: 'txt',
    rfc: 'RFC 1035 section 3.3.14',
    says: 'texts, such as SPF and DKIM data',
    fields: [
      {
        name: 'text',
        wire: 'strings',
        description: 'The strings of one record; one of more than 255 octets is served as several.',
      },
    ],
    example: {
      name: '@',
      spec: { text: ['v=spf1 mx -all'] },
      text: '"v=spf1 mx -all"',
      wire: '0e763d73706631206d78202d616c6c',
    },
  },
  {
    type: 'SRV',
    code: 33,
    kind: 'SRVRecord',
    plural: 'srvrecords',
    shortName: 'srv',
    rfc: 'RFC 2782',
    says: 'the host and port of a service',
    fields: [
      { name: 'priority', wire: 'u16', description: 'The lowest is tried first.' },
      { name: 'weight', wire: 'u16', description: 'The share of this target among those of the same priority.' },
      { name: 'port', wire: 'u16', description: 'The port of the service on the target.' },
      { name: 'target', wire: 'name', description: 'The host of the service; "." says that it is not offered here.' },
    ],
    example: {
      name: '_ldap._tcp',
      spec: { priority: 0, weight: 5, port: 389, target: 'www.example.com.' },
      text: '0 5 389 www.example.com.',
      wire: '00000005018503777777076578616d706c6503636f6d00',
    },
  },
  {
    type: 'CAA',
    code: 257,
    kind: 'CAARecord',
    plural: 'caarecords',
    shortName: 'caa',
    rfc: 'RFC 8659',
    says: 'the authorities that may issue certificates for a name',
    fields: [
      { name: 'flags', wire: 'u8', description: '128 marks the property as critical, 0 does not.' },
      { name: 'tag', wire: 'tag', description: 'The property: issue, issuewild, iodef.' },
      { name: 'value', wire: 'text', description: 'The value of the property, such as ca.example.net.' },
    ],
    example: {
      name: '@',
      spec: { flags: 0, tag: 'issue', value: 'ca.example.net' },
      text: '0 issue "ca.example.net"',
      wire: '0005697373756563612e6578616d706c652e6e6574',
    },
  },
  {
    type: 'PTR',
    code: 12,
    kind: 'PTRRecord',
    plural: 'ptrrecords',
    shortName: 'ptr',
    rfc: 'RFC 1035 section 3.3.12',
    says: 'the name that an address belongs to',
    fields: [{ name: 'target', wire: 'name', description: 'The name of the host, such as www.example.com.' }],
    example: {
      zone: '2.0.192.in-addr.arpa',
      name: '10',
      spec: { target: 'www.example.com.' },
      text: 'www.example.com.',
      wire: '03777777076578616d706c6503636f6d00',
    },
  },
  {
    type: 'SSHFP',
    code: 44,
    kind: 'SSHFPRecord',
    plural: 'sshfprecords',
    shortName: 'sshfp',
    rfc: 'RFC 4255 section 3.1',
    says: "the fingerprint of a host's SSH key",
    fields: [
      { name: 'algorithm', wire: 'u8', description: 'The algorithm of the key: 1 RSA, 3 ECDSA, 4 Ed25519 (RFC 7479).' },
      {
        name: 'fingerprintType',
        wire: 'u8',
        description: 'The hash of the fingerprint: 1 SHA-1, 2 SHA-256 (RFC 6594).',
      },
      { name: 'fingerprint', wire: 'hex', description: 'The fingerprint, in hexadecimal digits.' },
    ],
    example: {
      name: 'www',
      spec: {
        algorithm: 4,
        fingerprintType: 2,
        fingerprint: '0c8a2e4d7b1f6a93c5d8e0f21b4a7c9e3d6f8015a2b4c6d8e0f1a3b5c7d9e1f3',
      },
      text: '4 2 0C8A2E4D7B1F6A93C5D8E0F21B4A7C9E3D6F8015A2B4C6D8E0F1A3B5C7D9E1F3',
      wire: '04020c8a2e4d7b1f6a93c5d8e0f21b4a7c9e3d6f8015a2b4c6d8e0f1a3b5c7d9e1f3',
    },
  },
  {
    type: 'TLSA',
    code: 52,
    kind: 'TLSARecord',
    plural: 'tlsarecords',
    shortName: 'tlsa',
    rfc: 'RFC 6698 section 2.1',
    says: 'the certificate or key that a TLS service shows',
    fields: [
      {
        name: 'usage',
        wire: 'u8',
        description: 'How it binds: 0 PKIX-TA, 1 PKIX-EE, 2 DANE-TA, 3 DANE-EE (RFC 7218).',
      },
      { name: 'selector', wire: 'u8', description: 'What is matched: 0 the whole certificate, 1 its public key.' },
      { name: 'matchingType', wire: 'u8', description: 'How the data stands: 0 in full, 1 SHA-256, 2 SHA-512.' },
      { name: 'certificateData', wire: 'hex', description: 'The data or its hash, in hexadecimal digits.' },
    ],
    example: {
      name: '_443._tcp.www',
      spec: {
        usage: 3,
        selector: 1,
        matchingType: 1,
        certificateData: '8cb0fc6c527506a053f4f14c8464bebbd6dede2738d11468dd953d7d6a3021f1',
      },
      text: '3 1 1 8CB0FC6C527506A053F4F14C8464BEBBD6DEDE2738D11468DD953D7D6A3021F1',
      wire: '0301018cb0fc6c527506a053f4f14c8464bebbd6dede2738d11468dd953d7d6a3021f1',
    },
  },
] as const satisfies readonly RecordType[]

type Entry = (typeof recordTypes)[number]

/** "A", "AAAA", ... */
export type TypeName = Entry['type']
/** "ARecord", "AAAARecord", ... */
export type RecordKind = Entry['kind']

type ValueOf<W extends Wire> = W extends 'u8' | 'u16' | 'u32'
  ? number
  : W extends 'strings'
    ? readonly string[]
    : string
type FieldOf<E extends Entry> = E['fields'][number]

/** The type's own part of a record's spec. A field with a list form stands in one of the two. */
export type RdataSpec<E extends Entry> = {
  readonly [F in FieldOf<E> as F extends { readonly list: string } ? never : F['name']]: ValueOf<F['wire']>
} & {
  readonly [F in FieldOf<E> as F extends { readonly list: string } ? F['name'] : never]?: ValueOf<F['wire']>
} & {
  readonly [F in FieldOf<E> as F extends { readonly list: infer L extends string } ? L : never]?: readonly ValueOf<
    F['wire']
  >[]
}

/** The values of one record's rdata, by field name. */
export type RdataValues = { readonly [field: string]: string | number | readonly string[] }

/** Codes of types by their mnemonics; SOA and DS have no object. */
export const RRTYPE = {
  ...(Object.fromEntries(recordTypes.map(({ type, code }) => [type, code])) as {
    readonly [E in Entry as E['type']]: E['code']
  }),
  SOA: 6,
  DS: 43,
} as const

const byKind = new Map<string, RecordType>(recordTypes.map(entry => [entry.kind, entry]))
const byCode = new Map<number, RecordType>(recordTypes.map(entry => [entry.code, entry]))

/** The entry of a kind such as "ARecord"; throws on a kind that is not in the table. */
export function recordTypeOfKind(kind: string): RecordType {
  const entry = byKind.get(kind)
  if (!entry) throw new Error(`No record type has the kind ${JSON.stringify(kind)}`)
  return entry
}

/** The entry of a type code, or undefined where Bindy has no object for the type. */
export function recordTypeOfCode(code: number): RecordType | undefined {
  return byCode.get(code)
}

/** The rdata that a record's spec asks for: one set of values for each record to serve. */
export function rdatasOf(entry: RecordType, spec: RdataValues): RdataValues[] {
  const listed = entry.fields.find(field => field.list !== undefined && spec[field.list] !== undefined)
  if (!listed?.list) return [spec]
  return (spec[listed.list] as readonly string[]).map(value => ({ [listed.name]: value }))
}
