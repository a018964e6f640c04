import { API_GROUP, readName, recordKinds, zoneKind } from '#crds'
import { recordFields } from './fill/record.ts'
import { type Fill, isFields, type Sources } from './fill/sources.ts'
import { zoneFields } from './fill/zone.ts'
import type { PatchStep, Review, ReviewedObject } from './review.ts'

/** Label that selects a zone's objects: `kubectl get bindy -l bindy.firestoned.io/zone=example.com`. */
export const ZONE_LABEL = `${API_GROUP}/zone`

const fills = new Map<string, Fill>([
  [zoneKind.kind, zoneFields],
  ...recordKinds.map(({ kind }) => [kind, recordFields] as const),
])

/**
 * What is added to an object before it is stored: fields that it needs and its surroundings tell, and the label of its
 * zone. What the user wrote stays as it is, and nothing is copied that should go on following its source.
 */
export function mutate(review: Review, sources: Sources): PatchStep[] {
  const { object, oldObject } = review
  const fill = object && fills.get(object.kind)
  if (!fill || object.metadata.deletionTimestamp !== undefined || !isFields(object.spec)) return []
  const steps = fill(
    { review, spec: object.spec, old: isFields(oldObject?.spec) ? oldObject.spec : undefined },
    sources,
  )
  return [...steps, ...labelStep(object, zoneOf(object.spec, steps), zoneOf(oldObject?.spec, []))]
}

/** The zone that a spec names, or that a step gives it. */
function zoneOf(spec: unknown, steps: readonly PatchStep[]): unknown {
  if (!isFields(spec)) return undefined
  return spec.zoneName ?? spec.zone ?? steps.find(({ path }) => path === '/spec/zone')?.value
}

// A label that followed the object's zone goes on following it, but not one that somebody wrote.
function labelStep({ metadata }: ReviewedObject, zone: unknown, oldZone: unknown): PatchStep[] {
  const value = labelOf(zone)
  const found = metadata.labels?.[ZONE_LABEL]
  const isStale = found !== undefined && found !== value && found === labelOf(oldZone) && !isWritten(metadata)
  if (value === undefined || (found !== undefined && !isStale)) return []
  if (metadata.labels === undefined) return [{ op: 'add', path: '/metadata/labels', value: { [ZONE_LABEL]: value } }]
  return [{ op: isStale ? 'replace' : 'add', path: `/metadata/labels/${ZONE_LABEL.replace('/', '~1')}`, value }]
}

// The API server notes who wrote which field before it asks webhooks: what they fill in is nobody's.
function isWritten({ managedFields = [] }: ReviewedObject['metadata']): boolean {
  const below = (value: unknown, name: string) => (isFields(value) ? value[name] : undefined)
  return managedFields.some(
    entry => ['fieldsV1', 'f:metadata', 'f:labels', `f:${ZONE_LABEL}`].reduce(below, entry as unknown) !== undefined,
  )
}

/** A zone's name as a label's value; undefined where it cannot be one: too long, or a sign that labels do not take. */
function labelOf(zone: unknown): string | undefined {
  if (typeof zone !== 'string') return undefined
  const name = readName(zone).name?.slice(0, -1)
  return name !== undefined && /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/.test(name) ? name : undefined
}
