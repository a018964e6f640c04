import type { DNSZone } from '#crds'
import type { Scope } from '../cluster.ts'

/** Where records of a zone may stand: in its own namespace, and in those that it lets in. */
export function recordScopes({ metadata, spec }: DNSZone): Scope[] {
  const { allowedNamespaces = [] } = spec
  if (allowedNamespaces.includes('*')) return ['all']
  return [...new Set([metadata.namespace, ...allowedNamespaces])].map(namespace => ({ namespace }))
}
