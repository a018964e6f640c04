import { canonicalName, parentOf, zoneKey } from './name.ts'
import { bySeniority, isHeld, keyOf } from './object.ts'
import { admitsNamespace } from './policy.ts'
import type { Bind9Instance } from './server.ts'
import type { DNSZone } from './zone.ts'

/** Who owns a name, found once for a question: each hangs on those of all names above it. */
type Owners = Map<string, DNSZone | undefined>

/** The DNSZones by their names, and which of them lie below which. */
export class ZoneTree {
  readonly #get: (key: string) => DNSZone | undefined
  readonly #byName = new Map<string, Set<string>>()
  /** Zone names by each name above them. */
  readonly #below = new Map<string, Set<string>>()

  constructor(get: (key: string) => DNSZone | undefined) {
    this.#get = get
  }

  put(zone: DNSZone): void {
    const name = zoneKey(zone.spec.zoneName)
    include(this.#byName, name, keyOf(zone))
    for (const ancestor of ancestorsOf(name)) include(this.#below, ancestor, name)
  }

  drop(zone: DNSZone): void {
    const name = zoneKey(zone.spec.zoneName)
    exclude(this.#byName, name, keyOf(zone))
    if (this.#byName.has(name)) return
    for (const ancestor of ancestorsOf(name)) exclude(this.#below, ancestor, name)
  }

  /** The DNSZones of a canonical zone name, the one that owns it first. */
  named(name: string): readonly DNSZone[] {
    return this.#named(name, new Map())
  }

  /** Zone names above a name, the nearest first. */
  above(name: string): string[] {
    return ancestorsOf(name).filter(ancestor => this.#byName.has(ancestor))
  }

  /** Zone names below a name. */
  below(name: string): Iterable<string> {
    return this.#below.get(name) ?? []
  }

  /** Whether any zone name lies below a name. */
  hasBelow(name: string): boolean {
    return this.#below.has(name)
  }

  /** The object that a name's zone is served for. */
  owner(name: string): DNSZone | undefined {
    return this.#owner(name, new Map())
  }

  /**
   * The zone above, of another namespace, that keeps a DNSZone from being served: the nearest older one, unless it or one
   * below it lets the namespace in. A zone that is served already is kept from nothing, or whoever makes "com" had them all.
   */
  forbiddenBy(zone: DNSZone): DNSZone | undefined {
    return this.#forbiddenBy(zone, new Map())
  }

  /** Zones below a zone on the servers that it is on, with the objects that make them: they answer for all in them. */
  hiding(name: string, placed: (zone: DNSZone) => readonly Bind9Instance[]): ReadonlyMap<string, string> {
    const servers = new Set(
      this.named(name)
        .slice(0, 1)
        .flatMap(zone => placed(zone).map(serverOf)),
    )
    const children = new Map<string, string>()
    const owners: Owners = new Map()
    for (const below of servers.size > 0 ? this.below(name) : []) {
      const child = this.#owner(below, owners)
      if (child && placed(child).some(instance => servers.has(serverOf(instance))))
        children.set(below, `DNSZone ${keyOf(child)}`)
    }
    return children
  }

  #owner(name: string, owners: Owners): DNSZone | undefined {
    if (!owners.has(name)) owners.set(name, this.#findOwner(name, owners))
    return owners.get(name)
  }

  #findOwner(name: string, owners: Owners): DNSZone | undefined {
    const [zone] = this.#named(name, owners)
    return zone && !zone.metadata.deletionTimestamp && !this.#forbiddenBy(zone, owners) ? zone : undefined
  }

  #named(name: string, owners: Owners): readonly DNSZone[] {
    const keys = [...(this.#byName.get(name) ?? [])]
    const zones = keys.map(key => this.#get(key)).filter(zone => zone !== undefined)
    if (zones.length < 2) return zones
    const ranked = zones.map(zone => ({ zone, rank: this.#rank(zone, owners) }))
    return ranked.sort((a, b) => a.rank - b.rank || bySeniority(a.zone, b.zone)).map(({ zone }) => zone)
  }

  #forbiddenBy(zone: DNSZone, owners: Owners): DNSZone | undefined {
    if (isServed(zone)) return undefined
    for (const name of this.above(zoneKey(zone.spec.zoneName))) {
      const parent = this.#owner(name, owners)
      if (!parent) continue
      if (admitsNamespace(parent, zone.metadata.namespace)) return undefined
      if (bySeniority(parent, zone) < 0) return parent
    }
    return undefined
  }

  // The object whose zone is on servers already keeps the name; then who is let in comes first, then the older.
  #rank(zone: DNSZone, owners: Owners): number {
    if (isServed(zone)) return 0
    return this.#forbiddenBy(zone, owners) ? 2 : 1
  }
}

// A finalizer is written by whoever writes the object. The status is not theirs, and names servers once a zone was let in.
function isServed(zone: DNSZone): boolean {
  return isHeld(zone) && (zone.status?.servers?.length ?? 0) > 0
}

// Two instances, in two namespaces perhaps, may stand for one server.
function serverOf({ spec }: Bind9Instance): string {
  return `${spec.external.address} ${spec.external.dnsPort}`
}

function ancestorsOf(name: string): string[] {
  const ancestors: string[] = []
  if (!isCanonical(name)) return ancestors
  for (let at = name; at !== '.'; ) {
    at = parentOf(at)
    ancestors.push(at)
  }
  return ancestors
}

// What cannot be read as a name stands for itself alone.
function isCanonical(name: string): boolean {
  try {
    return canonicalName(name) === name
  } catch {
    return false
  }
}

function include(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key)
  if (set) set.add(value)
  else sets.set(key, new Set([value]))
}

function exclude(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key)
  set?.delete(value)
  if (set?.size === 0) sets.delete(key)
}
