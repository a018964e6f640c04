import { ALLOW_WITHDRAWAL, CONFIRM_DELETE, type DNSZone, type RecordObject } from '#crds'
import type { ObjectZone } from './objectzone.ts'

/** Zones with their records as one List, without what the API server adds: to be applied as it is. */
export function manifestsOf(zones: readonly ObjectZone[]): object {
  const items = zones.flatMap(zone => [zone.zone, ...zone.records()].map(manifestOf))
  return { apiVersion: 'v1', kind: 'List', items }
}

// What kubectl remembers of its own apply, and leave for one deed.
const LEFT_OUT = new Set(['kubectl.kubernetes.io/last-applied-configuration', ALLOW_WITHDRAWAL, CONFIRM_DELETE])

/** An object as one would have written it. */
export function manifestOf({ apiVersion, kind, metadata, spec }: DNSZone | RecordObject): object {
  const { name, namespace, labels } = metadata
  const kept = Object.entries(metadata.annotations ?? {}).filter(([key]) => !LEFT_OUT.has(key))
  const annotations = kept.length > 0 && { annotations: Object.fromEntries(kept) }
  return { apiVersion, kind, metadata: { name, namespace, ...(labels && { labels }), ...annotations }, spec }
}
