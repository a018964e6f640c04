import { canonicalName } from './name.ts'
import { API_GROUP, type KubeObject } from './object.ts'
import { typeName } from './types.ts'
import type { DNSZone } from './zone.ts'

/** Annotation that stops every write to the servers of a zone while it is "true". */
export const PAUSED = `${API_GROUP}/paused`
/** Annotation that lets one withdrawal of many records go ahead; its value is the plan's digest from the zone's status. */
export const ALLOW_WITHDRAWAL = `${API_GROUP}/allow-withdrawal`

/** Annotation that lets an object be deleted although others need it. */
export const CONFIRM_DELETE = `${API_GROUP}/confirm-delete`

/** Annotation of an Event of a zone: the serial that it had then. */
export const SERIAL = `${API_GROUP}/serial`

/** Whether all of the zone is the objects', or only the RRsets that they give: an adopted zone has an earlier life. */
export function recordPolicy({ spec }: DNSZone): 'exclusive' | 'owned' {
  return spec.recordPolicy ?? (spec.adopt ? 'owned' : 'exclusive')
}

/** What becomes of the served zone when its object goes: one that was there before Bindy stays. */
export function deletionPolicy({ spec }: DNSZone): 'delete' | 'retain' {
  return spec.deletionPolicy ?? (spec.adopt ? 'retain' : 'delete')
}

export function isPaused({ metadata }: KubeObject<unknown, unknown>): boolean {
  return metadata.annotations?.[PAUSED] === 'true'
}

/** Whether a zone lets objects of a namespace into it: records, and the DNSZones of names below its own. */
export function admitsNamespace(zone: DNSZone, namespace: string): boolean {
  const { allowedNamespaces = [] } = zone.spec
  return namespace === zone.metadata.namespace || allowedNamespaces.some(one => one === '*' || one === namespace)
}

/** Which RRsets of a zone its `unmanaged` leaves to others: owner name in canonical form, and type code. */
export function unmanagedBy({ spec }: DNSZone): (owner: string, type: number) => boolean {
  const { unmanaged = [] } = spec
  if (unmanaged.length === 0) return () => false
  const apex = canonicalName(spec.zoneName)
  const entries = unmanaged.map(({ name, types }) => ({ matches: matcher(name.toLowerCase(), apex), types }))
  return (owner, type) => {
    return entries.some(({ matches, types }) => {
      return (types === undefined || types.some(name => name === typeName(type))) && matches(owner)
    })
  }
}

function matcher(name: string, apex: string): (owner: string) => boolean {
  const isAbsolute = name.endsWith('.')
  const whole = name === '@' ? apex : isAbsolute ? name : `${name}.${apex}`
  const parts = whole.split('*')
  return owner => matchesParts(owner, parts)
}

// The text between two stars is found at its first place: what follows a star may be longer, never shorter. No
// regular expression, whose backtracking a hostile pattern could drive.
function matchesParts(text: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first) || text.length < first.length + last.length || !text.endsWith(last)) return false
  let at = first.length
  for (const part of rest) {
    const found = text.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= text.length - last.length
}
