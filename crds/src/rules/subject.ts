import { kindOf, namespaceOf, unnamedIn } from '../told.ts'
import type { ClaimedRecord, Others } from './others.ts'

/** Whether who asks may read the objects of a kind in a namespace. */
export type MayRead = (kind: string, namespace: string) => boolean

/** What a check knows beside the object. */
export interface CheckOptions {
  /** The other objects; without them only what one object alone can show is looked at. */
  readonly others?: Others | undefined
  /** The records that are served at its owner name beside it; by default those that the other objects tell of. */
  readonly siblings?: (() => readonly ClaimedRecord[]) | undefined
  /** What the CNAME that is served at a name leads to, where the other objects are not there to tell. */
  readonly aliasAt?: ((name: string) => string | undefined) | undefined
  /** The object as it was before, on an update. */
  readonly old?: unknown
  /** What they may not read is not named to them; all may be read when absent. */
  readonly mayRead?: MayRead | undefined
}

interface Named {
  readonly kind: string
  readonly metadata: { readonly namespace: string; readonly name: string }
}

/** An object that rules are asked about. Nothing about it is taken for granted, not even that its spec is an object. */
export class Subject {
  readonly object: unknown
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly spec: unknown
  readonly oldSpec: unknown
  readonly others: Others | undefined
  readonly #mayRead: MayRead

  constructor(object: unknown, { others, old, mayRead = () => true }: CheckOptions = {}) {
    const metadata = at(object, 'metadata')
    this.object = object
    this.kind = textAt(object, 'kind') ?? ''
    this.namespace = textAt(metadata, 'namespace') ?? 'default'
    this.name = textAt(metadata, 'name') ?? ''
    this.spec = at(object, 'spec')
    this.oldSpec = at(old, 'spec')
    this.others = others
    this.#mayRead = mayRead
  }

  /** A text of the spec by its path, such as "soaRecord.primaryNs". */
  text(path: string): string | undefined {
    const value = this.value(path)
    return typeof value === 'string' ? value : undefined
  }

  /** A whole number of the spec by its path. */
  number(path: string): number | undefined {
    const value = this.value(path)
    return Number.isInteger(value) ? (value as number) : undefined
  }

  value(path: string): unknown {
    return path.split('.').reduce(at, this.spec)
  }

  /** The names of hosts and other names that fields hold, those that are texts. */
  get names(): readonly NamedField[] {
    return []
  }

  get addresses(): readonly AddressField[] {
    return []
  }

  /** Whether who asks may hear of an object. */
  mayHearOf({ kind, metadata }: Named): boolean {
    return this.#mayRead(kind, metadata.namespace)
  }

  /** Whether an object is this one, in another state perhaps. */
  isOf({ kind, metadata }: Named): boolean {
    return kind === this.kind && metadata.namespace === this.namespace && metadata.name === this.name
  }

  /** An object as who asks may hear of it. */
  tellOf({ kind, metadata }: Named): string {
    return this.tell(`${kind} ${metadata.namespace}/${metadata.name}`)
  }

  /** The same of one given as "Kind namespace/name". */
  tell(object: string): string {
    return this.#mayRead(kindOf(object), namespaceOf(object)) ? object : unnamedIn(this.namespace, object)
  }

  /** How many records there are, of those that who asks may hear of. */
  tellNumberOf(records: readonly Named[]): string {
    const known = records.filter(record => this.mayHearOf(record)).length
    if (known > 0) return known === 1 ? 'a record' : `${known} records`
    const isNear = records.some(({ metadata }) => metadata.namespace === this.namespace)
    return `records of ${isNear ? 'this' : 'another'} namespace`
  }
}

/** A field that holds a whole domain name. */
export interface NamedField {
  readonly path: string
  readonly text: string
  /** Canonical; undefined where the text is no whole name. */
  readonly name: string | undefined
  /** Whether only a host's name may stand there (check-names). */
  readonly isHost: boolean
  /** Whether "." may, which says that there is none. */
  readonly mayBeRoot: boolean
}

/** A field that holds an address. */
export interface AddressField {
  readonly path: string
  readonly text: string
  readonly family: 4 | 6
}

/** The value of an own property; undefined where there is none, whatever the value is. */
export function at(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return (value as Readonly<Record<string, unknown>>)[key]
}

export function textAt(value: unknown, key: string): string | undefined {
  const text = at(value, key)
  return typeof text === 'string' ? text : undefined
}

/** The most items of a list that are looked at; no list of our schemas that rules read may be longer. */
const MOST_ITEMS = 256

/** The entries of an object, as many as are looked at; none where the value is no object, or a list. */
export function entriesOf(value: unknown): readonly (readonly [key: string, value: unknown])[] {
  const entries: [string, unknown][] = []
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return entries
  for (const key in value) {
    if (entries.length === MOST_ITEMS) break
    if (Object.hasOwn(value, key)) entries.push([key, at(value, key)])
  }
  return entries
}

/** The items of a list; none where the value is no list. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, MOST_ITEMS) : []
}
