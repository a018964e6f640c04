// RRSIG, NSEC, DNSKEY, NSEC3, NSEC3PARAM, CDS, CDNSKEY and named's own marker of signing: named keeps these itself.
const SIGNING = new Set([46, 47, 48, 50, 51, 59, 60, 65534])

/** Whether named keeps RRsets of a type itself, and nobody else may. */
export function isSigning(type: number): boolean {
  return SIGNING.has(type)
}
