import { SERIAL, typeName } from '#crds'
import type { Happening } from '#kube'
import type { NodeChange } from './plan.ts'

/** What a pass did on a server beyond bringing the objects' changes there, or what it would do were it not held. */
export type PrimaryHappening = { readonly server: string } & (
  | { readonly kind: 'wouldCreate'; readonly records: number }
  /** A secondary would be given the zone. */
  | { readonly kind: 'wouldAdd' }
  | { readonly kind: 'wouldAdopt' }
  /** A secondary would take the zone from this catalog. */
  | { readonly kind: 'wouldList'; readonly catalog: string }
  /** Its statement would be replaced. */
  | { readonly kind: 'wouldConfigure' }
  /** Of the changes, `held` would wait to be allowed. */
  | {
      readonly kind: 'wouldChange'
      readonly changes: readonly NodeChange[]
      readonly held: { readonly leaving: number; readonly of: number } | undefined
    }
  | { readonly kind: 'wouldReplaceSoa' }
  /** It is not to serve the zone any more. */
  | { readonly kind: 'wouldLeave' }
  /** Somebody else had changed these names, and they are as the objects say again. */
  | { readonly kind: 'mended'; readonly changes: readonly NodeChange[]; readonly serial: number | undefined }
  /** The same of the SOA. */
  | { readonly kind: 'soaMended'; readonly serial: number | undefined }
  | { readonly kind: 'adopted'; readonly records: number; readonly serial: number }
)

/** The Event that a zone's object gets for what happened on a primary. */
export function happeningOn(zone: string, happening: PrimaryHappening): Happening | undefined {
  const { kind, server } = happening
  if (kind === 'mended') {
    const note = `Somebody changed ${someOf(happening.changes)} on ${server}; what the objects say is back. To leave a name to others, list it in spec.unmanaged`
    return { type: 'Warning', reason: 'DriftMended', action: 'Serve', note, ...atSerial(happening.serial) }
  }
  if (kind === 'soaMended') {
    const note = `Somebody changed the SOA on ${server}; what the DNSZone says is back`
    return { type: 'Warning', reason: 'DriftMended', action: 'Serve', note, ...atSerial(happening.serial) }
  }
  if (kind === 'adopted') {
    const note = `${server} had ${zone} with ${happening.records} records: taken over as it is`
    return { type: 'Normal', reason: 'ZoneAdopted', action: 'Serve', note, ...atSerial(happening.serial) }
  }
  return undefined
}

/** What an Event says of the serial that the zone had then; nothing where nobody knows. */
export function atSerial(serial: number | undefined): Pick<Happening, 'annotations'> {
  return serial === undefined ? {} : { annotations: { [SERIAL]: String(serial) } }
}

/** The object goes, and the zone stays on these servers. */
export function retained(zone: string, servers: readonly string[]): Happening {
  const note = `${zone} stays as it is on ${servers.join(', ')}: a DNSZone that says adopt: true takes it over again`
  return { type: 'Normal', reason: 'ZoneRetained', action: 'Withdraw', note }
}

/** The object goes, and these servers did not give the zone up in time. */
export function orphaned(zone: string, servers: readonly string[], why: string): Happening {
  const note = `${zone} may still be on ${servers.join(', ')}, which did not give it up in time: delete it there by hand. ${why}`
  return { type: 'Warning', reason: 'ZoneOrphaned', action: 'Withdraw', note }
}

/** "www.example.com. A", and some more. */
export function someOf(changes: readonly NodeChange[]): string {
  const names = changes.slice(0, 3).map(({ owner, steps }) => `${owner} ${typeName(steps[0]?.type ?? 0)}`)
  const more = changes.length - names.length
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ')
}
