import { zoneKind } from '../kinds.ts'
import { isAtOrBelow, readName } from '../name.ts'
import { hasShape } from '../shape.ts'
import { type DNSZone, zoneSpecSchema } from '../zone.ts'
import { asYoungest } from './others.ts'
import { wholeName } from './recordsubject.ts'
import { type AddressField, at, type CheckOptions, itemsOf, type NamedField, Subject, textAt } from './subject.ts'

const timers = zoneSpecSchema.properties.soaRecord.properties

/** A name server as a zone lists it, with the path of its entry. */
export interface ListedServer {
  readonly path: string
  readonly hostname: string | undefined
  readonly ipv4Address: string | undefined
  readonly ipv6Address: string | undefined
  /** Canonical. */
  readonly name: string | undefined
}

/** A DNSZone that rules are asked about. */
export class ZoneSubject extends Subject {
  /** Canonical name; undefined where zoneName is none. */
  readonly zone: string | undefined
  readonly servers: readonly ListedServer[]

  constructor(object: unknown, options: CheckOptions = {}) {
    super(object, options)
    this.zone = readName(this.text('zoneName')).name
    this.servers = itemsOf(at(this.spec, 'nameServers')).map((entry, i) => listed(entry, `spec.nameServers[${i}]`))
  }

  override get names(): readonly NamedField[] {
    const primary = { path: 'spec.soaRecord.primaryNs', text: this.text('soaRecord.primaryNs') }
    const listed = this.servers.map(({ path, hostname }) => ({ path: `${path}.hostname`, text: hostname }))
    return [primary, ...listed].flatMap(({ path, text }) =>
      text === undefined ? [] : [{ path, text, name: wholeName(text), isHost: true, mayBeRoot: false }],
    )
  }

  override get addresses(): readonly AddressField[] {
    return this.servers.flatMap(({ path, ipv4Address, ipv6Address }) => [
      ...(ipv4Address === undefined ? [] : [{ path: `${path}.ipv4Address`, text: ipv4Address, family: 4 as const }]),
      ...(ipv6Address === undefined ? [] : [{ path: `${path}.ipv6Address`, text: ipv6Address, family: 6 as const }]),
    ])
  }

  /** Seconds of a timer of the SOA, as the schema fills it in. */
  timer(name: 'refresh' | 'retry' | 'expire' | 'negativeTtl'): number {
    return this.number(`soaRecord.${name}`) ?? timers[name].default
  }

  /** The object as the others would meet it: the youngest of all, where it is a new state. */
  get asYoungest(): DNSZone | undefined {
    if (!hasShape(zoneKind.spec, this.spec)) return undefined
    const metadata = this.others?.standingOf(this.object) ?? asYoungest(this)
    return { ...(this.object as DNSZone), metadata }
  }

  isInside(name: string): boolean {
    return this.zone !== undefined && isAtOrBelow(name, this.zone)
  }
}

function listed(entry: unknown, path: string): ListedServer {
  const hostname = textAt(entry, 'hostname')
  return {
    path,
    hostname,
    ipv4Address: textAt(entry, 'ipv4Address'),
    ipv6Address: textAt(entry, 'ipv6Address'),
    name: wholeName(hostname),
  }
}
