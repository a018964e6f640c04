import { admitsNamespace, type DNSZone, parentOf, readName } from '#crds'
import type { PatchStep } from '../review.ts'
import type { Blank, Sources } from './sources.ts'

/**
 * The zone of a record whose name is absolute, where exactly one zone that takes the record holds the name. A record that
 * keeps its name stays in its zone, also where another has come to hold the name since.
 */
export function recordFields({ review, spec, old }: Blank, { others }: Sources): PatchStep[] {
  const { zone, name } = spec
  if (zone !== undefined || typeof name !== 'string' || !name.endsWith('.')) return []
  const stored = old?.name === name ? old.zone : undefined
  const value = stored ?? holderOf(name, review.namespace, others)?.spec.zoneName
  return value === undefined ? [] : [{ op: 'add', path: '/spec/zone', value }]
}

// A zone that does not take the record is not told of, not even by what is left out.
function holderOf(name: string, namespace: string, others: Sources['others']): DNSZone | undefined {
  const { name: owner } = readName(name)
  if (owner === undefined) return undefined
  for (let apex = owner; apex !== '.'; apex = parentOf(apex)) {
    const [zone, ...rivals] = others.zonesNamed(apex).filter(zone => admitsNamespace(zone, namespace))
    if (zone) return rivals.length === 0 ? zone : undefined
  }
  return undefined
}
