import { faultOfOwner, placeRecord } from '../claim.ts'
import { recordKinds } from '../kinds.ts'
import { isAtOrBelow, type NameError, ownerName, readName } from '../name.ts'
import { type Claim, decideNode, type Remark } from '../node.ts'
import { rdataText } from '../rdatatext.ts'
import type { RecordObject } from '../record.ts'
import { type RdataField, type RecordType, recordTypeOfKind } from '../records.ts'
import { hasShape } from '../shape.ts'
import { DEFAULT_TTL } from '../zone.ts'
import { asYoungest, type ClaimedRecord } from './others.ts'
import { Standing } from './standing.ts'
import { type AddressField, at, type CheckOptions, itemsOf, type NamedField, Subject } from './subject.ts'

/** One value of a record's rdata, with the path of its field. */
export interface FieldValue {
  readonly field: RdataField
  readonly path: string
  readonly value: unknown
}

const REVERSE = ['in-addr.arpa.', 'ip6.arpa.', 'ip6.int.']
/** RFC 6763 section 11: domains to browse and register in, which BIND takes of any form. */
const DNS_SD = /^(?:b|db|r|dr|lb)\._dns-sd\._udp\./
const schemas = new Map(recordKinds.map(({ kind, spec }) => [kind, spec]))

/** A record that rules are asked about, with its names read once for all of them. */
export class RecordSubject extends Subject {
  readonly entry: RecordType
  /** Canonical name of the zone; undefined where the text is none. */
  readonly zone: string | undefined
  /** Canonical owner name; undefined where it cannot be read. */
  readonly owner: string | undefined
  /** Why spec.name is no name. */
  readonly nameFault: NameError | undefined
  readonly values: readonly FieldValue[]
  readonly #siblings: CheckOptions['siblings']
  /** What a served CNAME leads to, where that is known without the others. */
  readonly servedAliasAt: CheckOptions['aliasAt']
  #standing: Standing | undefined
  #names: readonly NamedField[] | undefined

  constructor(object: unknown, options: CheckOptions = {}) {
    super(object, options)
    this.#siblings = options.siblings
    this.servedAliasAt = options.aliasAt
    this.entry = recordTypeOfKind(this.kind)
    this.zone = readName(this.text('zone')).name
    const owner = readName(this.text('name'), text => ownerName(text, this.zone ?? '.'))
    this.owner = this.zone === undefined ? undefined : owner.name
    this.nameFault = owner.fault
    this.values = this.entry.fields.flatMap(field => valuesOf(field, this.spec))
  }

  /** The values of fields of a form that are texts. */
  texts(...wires: readonly RdataField['wire'][]): readonly (FieldValue & { readonly value: string })[] {
    return this.values.filter(
      (value): value is FieldValue & { readonly value: string } =>
        wires.includes(value.field.wire) && typeof value.value === 'string',
    )
  }

  override get names(): readonly NamedField[] {
    this.#names ??= this.#readNames()
    return this.#names
  }

  #readNames(): readonly NamedField[] {
    const { type } = this.entry
    const isHost = type === 'PTR' ? this.#pointsAtHost : type !== 'CNAME'
    const mayBeRoot = type !== 'NS' && type !== 'PTR'
    return this.texts('name').map(({ path, value }) => ({
      path,
      text: value,
      name: wholeName(value),
      isHost,
      mayBeRoot,
    }))
  }

  // BIND looks at PTR of reverse zones alone.
  get #pointsAtHost(): boolean {
    const { owner = '.' } = this
    return REVERSE.some(apex => isAtOrBelow(owner, apex)) && !DNS_SD.test(owner)
  }

  override get addresses(): readonly AddressField[] {
    const fields = this.texts('ipv4', 'ipv6')
    return fields.map(({ path, value, field }) => ({ path, text: value, family: field.wire === 'ipv4' ? 4 : 6 }))
  }

  /** What keeps it out of any zone, others or not. */
  get loneFault(): Remark | undefined {
    const own = this.claim(asYoungest(this))
    if (!own) return undefined
    const zone = { apex: own.owner === this.zone, ttl: DEFAULT_TTL }
    return decideNode([own.claim], new Map(), zone).refused.get(own.claim)
  }

  /** What stands against the owner name by itself. */
  get ownerFault(): Remark | undefined {
    if (this.owner === undefined || this.zone === undefined) return undefined
    return faultOfOwner(this.owner, this.zone, this.entry.code)
  }

  /** How it stands beside the others; undefined where they are not known, or the record gives nothing. */
  get standing(): Standing | undefined {
    const { others, zone } = this
    if (!others || zone === undefined) return undefined
    this.#standing ??= new Standing(this, zone, others)
    return this.#standing
  }

  /** The other records of its owner name, as far as they are known. */
  get siblings(): readonly ClaimedRecord[] {
    return this.#siblings?.() ?? this.standing?.siblings ?? []
  }

  /** What the record claims, as that of an object with the metadata given. */
  claim(metadata: RecordObject['metadata']): { readonly owner: string; readonly claim: Claim } | undefined {
    const schema = schemas.get(this.kind)
    if (this.zone === undefined || !schema || !hasShape(schema, this.spec)) return undefined
    const object = { ...(this.object as RecordObject), metadata }
    const { owner, claim } = placeRecord(object, this.zone, rdataText)
    return owner === undefined || !claim ? undefined : { owner, claim }
  }
}

/** The name that a text stands for by itself; "@" stands for none. */
export function wholeName(text: string | undefined): string | undefined {
  return text === '@' ? undefined : readName(text).name
}

function valuesOf(field: RdataField, spec: unknown): FieldValue[] {
  const one = at(spec, field.name)
  const single = one === undefined ? [] : [{ field, path: `spec.${field.name}`, value: one }]
  if (!field.list) return single
  const many = itemsOf(at(spec, field.list)).map((value, i) => ({ field, path: `spec.${field.list}[${i}]`, value }))
  return [...single, ...many]
}
