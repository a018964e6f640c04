import { ownerName, type RecordObject, readName } from '#crds'

/** The canonical owner name of a record's object in its zone; undefined where it is not a name. */
export function ownerOf({ spec }: RecordObject, apex: string): string | undefined {
  return readName(spec.name, name => ownerName(name, apex)).name
}
