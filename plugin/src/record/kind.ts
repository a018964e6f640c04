import { type Kind, type RecordType, recordKinds } from '#crds'

/** The kind of a record type's objects. */
export function kindOfType({ kind }: RecordType): Kind {
  return recordKinds.find(known => known.kind === kind) as Kind
}
