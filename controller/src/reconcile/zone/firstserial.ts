import { serialIncrement } from '#bind9'
import { dateSerial, serialCompare } from '#crds'

/**
 * The serial that a zone is made with: what its object asks for, or by the date, and above every serial seen. A secondary
 * that once had a higher one would keep its old data (RFC 1982).
 */
export function firstSerial(asked: number | undefined, highest: number | undefined, nowMs: number): number {
  const wanted = asked ?? dateSerial(nowMs)
  if (highest === undefined || serialCompare(wanted, highest) > 0) return wanted
  return serialIncrement(highest)
}
