import type { DNSZone, RecordObject } from '#crds'
import type { ObjectZone } from './objectzone.ts'

/** Zones with their records as one List, without what the API server adds: to be applied as it is. */
export function manifestsOf(zones: readonly ObjectZone[]): object {
  const items = zones.flatMap(zone => [zone.zone, ...zone.records()].map(manifestOf))
  return { apiVersion: 'v1', kind: 'List', items }
}

/** An object as one would have written it. */
export function manifestOf({ apiVersion, kind, metadata, spec }: DNSZone | RecordObject): object {
  const { name, namespace, labels } = metadata
  return { apiVersion, kind, metadata: { name, namespace, ...(labels && { labels }) }, spec }
}
