import type { Claim, Octets, RRset } from '#crds'

export const A = 1
export const NS = 2
export const CNAME = 5
export const SOA = 6
export const TXT = 16

interface ClaimOptions {
  readonly type?: number
  readonly ttl?: number
  readonly rdata?: readonly Octets[]
  readonly created?: number
  readonly namespace?: string
}

/** A claim of an object that is named after its UID; `created` is the second of its creation. */
export function claim(uid: string, options: ClaimOptions = {}): Claim {
  const { type = A, ttl, rdata = [uid], created = 0, namespace = 'dns' } = options
  const creationTimestamp = `2026-01-01T00:00:${String(created).padStart(2, '0')}Z`
  return {
    kind: type === CNAME ? 'CNAMERecord' : 'ARecord',
    metadata: { name: uid, namespace, uid, resourceVersion: '1', generation: 1, creationTimestamp },
    type,
    ...(ttl !== undefined && { ttl }),
    rdata,
  }
}

export function rrset(ttl: number, ...rdata: Octets[]): RRset {
  return { ttl, rdata }
}
