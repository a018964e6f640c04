import { canonicalName, type DNSZone, isAtOrBelow, keyOf, NameError, zoneKind } from '#crds'
import type { Cluster, Scope } from '../cluster.ts'
import { EXIT, Failure, usageFailure } from '../failure.ts'
import { BIN } from '../name.ts'

/** The canonical name of a zone's object; undefined where it is none, which the object's status says. */
export function apexOf({ spec }: DNSZone): string | undefined {
  return canonicalOf(spec.zoneName)
}

/** The canonical form of a name typed on the command line; relative names are absolute here. @throws Failure */
export function typedName(text: string): string {
  try {
    return canonicalName(text)
  } catch (error) {
    if (error instanceof NameError) throw usageFailure(error.message, { fix: 'write a name such as www.example.com' })
    throw error
  }
}

/** The one DNSZone that a user means by its object's name or the zone's. @throws Failure for none, or several */
export async function findZone(cluster: Cluster, scope: Scope, typed: string): Promise<DNSZone> {
  return oneZone(await cluster.zones(scope), typed, scope)
}

/** As findZone, among zones at hand. */
export function oneZone(zones: readonly DNSZone[], typed: string, scope: Scope): DNSZone {
  const found = zonesCalled(zones, typed)
  const [zone, ...others] = found
  if (!zone) throw noSuchZone(zones, typed, scope)
  if (others.length > 0) {
    throw usageFailure(`${JSON.stringify(typed)} may be any of ${found.map(keyOf).join(', ')}`, {
      fix: found.map(({ metadata }) => `name the object: ${metadata.name}, with -n ${metadata.namespace}`),
    })
  }
  return zone
}

/** The zones of that name; where there is none, those whose object has it. */
export function zonesCalled(zones: readonly DNSZone[], typed: string): DNSZone[] {
  const apex = canonicalOf(typed)
  const byZone = zones.filter(zone => apex !== undefined && apexOf(zone) === apex)
  return byZone.length > 0 ? byZone : zones.filter(({ metadata }) => metadata.name === typed)
}

/** The zone that a name lies in: the one with the longest name. @throws Failure for none, or several of that name */
export function zoneHolding(zones: readonly DNSZone[], name: string, scope: Scope): DNSZone {
  const holding = zones.filter(zone => isAtOrBelow(name, apexOf(zone) ?? '\0'))
  const longest = Math.max(...holding.map(zone => apexOf(zone)?.length ?? 0))
  const found = holding.filter(zone => apexOf(zone)?.length === longest)
  const [zone, ...others] = found
  if (!zone) {
    throw new Failure(`No zone ${placeOf(scope)} holds ${name}`, {
      exit: EXIT.unknown,
      why: thereIs(zones, scope),
      fix: `${BIN} zone list -A`,
    })
  }
  if (others.length > 0) {
    throw usageFailure(`${name} lies in several zones of one name: ${found.map(keyOf).join(', ')}`, {
      fix: found.map(({ metadata }) => `choose one: --zone ${metadata.name}`),
    })
  }
  return zone
}

/** What a zone is called where people read it: without the final dot. */
export function shownName(name: string): string {
  return name.length > 1 && name.endsWith('.') ? name.slice(0, -1) : name
}

/** What the object of a zone is called where nobody names it: "example-com" for "example.com.". */
export function objectNameOf(apex: string): string {
  const name = shownName(apex).replace(/[^a-z0-9-]+/g, '-')
  return name.replace(/^-+|-+$/g, '') || 'root'
}

function noSuchZone(zones: readonly DNSZone[], typed: string, scope: Scope): Failure {
  const fix = scope === 'all' ? `${BIN} zone create --help` : `add -n NAMESPACE, or look in all: ${BIN} zone list -A`
  return new Failure(`No ${zoneKind.kind} ${placeOf(scope)} is called ${JSON.stringify(typed)}`, {
    exit: EXIT.unknown,
    why: thereIs(zones, scope),
    fix,
  })
}

function placeOf(scope: Scope): string {
  return scope === 'all' ? 'of any namespace' : `of namespace ${scope.namespace}`
}

function thereIs(zones: readonly DNSZone[], scope: Scope): string {
  if (zones.length === 0) return scope === 'all' ? 'there is no zone at all' : 'there is no zone in that namespace'
  const names = zones.map(({ spec }) => spec.zoneName)
  const more = names.length > 5 ? ` and ${names.length - 5} more` : ''
  return `there are: ${names.slice(0, 5).join(', ')}${more}`
}

function canonicalOf(text: string): string | undefined {
  try {
    return canonicalName(text)
  } catch {
    return undefined
  }
}
