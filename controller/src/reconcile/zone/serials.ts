import { serialCompare } from '#crds'

/** The highest of serials, of which some are not known. */
export function highest(serials: readonly (number | undefined)[]): number | undefined {
  return serials.reduce(
    (top, serial) => (serial !== undefined && (top === undefined || serialCompare(serial, top) > 0) ? serial : top),
    undefined,
  )
}
