import { API_GROUP, API_VERSION } from '../object.ts'
import { check, checkDelete } from './book.ts'
import type { Draft, Example } from './draft.ts'
import type { Finding } from './finding.ts'
import { ObjectIndex } from './objectindex.ts'
import type { Rule } from './rule.ts'

/** What the whole rule book says of an example of a rule. */
export function findingsOf({ isOfDeletion }: Rule, { object, among, old }: Example): readonly Finding[] {
  const others = among && ObjectIndex.of(among.map((draft, i) => wholeOf(draft, `there-${i}`)))
  const ask = isOfDeletion ? checkDelete : check
  return ask(wholeOf(object), { others, old: old && wholeOf(old) })
}

/** A draft as a whole object, in the namespace "dns" and under the name given where it has none. */
export function wholeOf({ kind, metadata, spec }: Draft, name = 'candidate') {
  return { apiVersion: `${API_GROUP}/${API_VERSION}`, kind, metadata: { namespace: 'dns', name, ...metadata }, spec }
}
