import { admitsNamespace, type DNSZone, parentOf, readName } from '#crds'
import type { PatchStep } from '../review.ts'
import type { Blank, Sources } from './sources.ts'

/** The zone of a record whose name is absolute, where exactly one zone that takes the record holds the name. */
export function recordFields({ review, spec }: Blank, { others }: Sources): PatchStep[] {
  const { zone, name } = spec
  if (zone !== undefined || typeof name !== 'string' || !name.endsWith('.')) return []
  const holder = holderOf(name, review.namespace, others)
  return holder ? [{ op: 'add', path: '/spec/zone', value: holder.spec.zoneName }] : []
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
