import { recordKinds } from '../kinds.ts'
import { addressRules } from './address.ts'
import { aliasRules } from './alias.ts'
import { caaRules } from './caa.ts'
import { deletionRules } from './deletion.ts'
import { type Finding, inOneLine } from './finding.ts'
import { fingerprintRules } from './fingerprint.ts'
import { nameServerRules } from './nameserver.ts'
import { nodeRules } from './node.ts'
import { ownerRules } from './owner.ts'
import { RecordSubject } from './recordsubject.ts'
import { referenceRules } from './reference.ts'
import { rrsetRules } from './rrset.ts'
import type { Fault, Rule } from './rule.ts'
import { selectorRules } from './selector.ts'
import { serverRules } from './server.ts'
import { ServerSubject } from './serversubject.ts'
import { serviceRules } from './service.ts'
import { soaRules } from './soa.ts'
import { at, type CheckOptions, Subject, textAt } from './subject.ts'
import { targetRules } from './target.ts'
import { textRules } from './text.ts'
import { ttlRules } from './ttl.ts'
import { zoneRules } from './zone.ts'
import { zoneChangeRules } from './zonechange.ts'
import { ZoneSubject } from './zonesubject.ts'

/** All rules, errors first, each group in the order of its numbers. */
export const rules: readonly Rule[] = [
  ...ownerRules,
  ...targetRules,
  ...addressRules,
  ...textRules,
  ...ttlRules,
  ...serviceRules,
  ...caaRules,
  ...fingerprintRules,
  ...nodeRules,
  ...rrsetRules,
  ...aliasRules,
  ...zoneRules,
  ...zoneChangeRules,
  ...soaRules,
  ...nameServerRules,
  ...serverRules,
  ...selectorRules,
  ...referenceRules,
  ...deletionRules,
].sort((a, b) => (a.id < b.id ? -1 : 1))

const recordKindNames = new Set(recordKinds.map(({ kind }) => kind))
const ofContent = byKind(rules.filter(({ isOfDeletion }) => !isOfDeletion))
const ofServed = byKind(rules.filter(({ isServed }) => isServed))
const ofDeletion = byKind(rules.filter(({ isOfDeletion }) => isOfDeletion))

/** The most that is told of one object. */
const MOST_FINDINGS = 100

/**
 * Everything that the rules find in an object, errors first, in the order of the rules. Never throws, whatever the object
 * is; what its schema refuses, such as a number where a text should stand, is left to the schema. With `old`, an error that
 * the object had before and that the change does not touch is left out: an object stored before a rule can still change.
 */
export function check(object: unknown, options: CheckOptions = {}): readonly Finding[] {
  const { old } = options
  const found = findings(ofContent, object, options)
  if (old === undefined || !found.some(({ severity }) => severity === 'error')) return found
  const before = new Set(findings(ofContent, old, options).map(found => keyOf(found, old)))
  return found.filter(finding => finding.severity === 'warning' || !before.has(keyOf(finding, object)))
}

/** What an object shows, alone and beside what is served of its zone, that keeps no controller from serving it. */
export function checkServed(
  object: unknown,
  options: Pick<CheckOptions, 'siblings' | 'aliasAt'> = {},
): readonly Finding[] {
  const { namespace: own } = new Subject(object)
  return findings(ofServed, object, { ...options, mayRead: (_kind, namespace) => namespace === own })
}

/** What stands against the deletion of an object: that others need it. */
export function checkDelete(object: unknown, options: CheckOptions = {}): readonly Finding[] {
  return findings(ofDeletion, object, options)
}

function findings(book: ReadonlyMap<string, readonly Rule[]>, object: unknown, options: CheckOptions): Finding[] {
  const kind = textAt(object, 'kind') ?? ''
  const asked = book.get(kind)
  if (!asked) return []
  const subject = subjectOf(kind, object, options)
  return asked.flatMap(rule => rule.find(subject).map(fault => findingOf(rule, fault))).slice(0, MOST_FINDINGS)
}

function subjectOf(kind: string, object: unknown, options: CheckOptions): Subject {
  if (recordKindNames.has(kind)) return new RecordSubject(object, options)
  return kind === 'DNSZone' ? new ZoneSubject(object, options) : new ServerSubject(object, options)
}

function findingOf({ id, severity, reason }: Rule, { field, value, message, ...fault }: Fault): Finding {
  const said = { field: inOneLine(field, 200), message: inOneLine(message, 500) }
  const { fix } = fault
  const base = { rule: id, severity, ...said, reason: fault.reason ?? reason, ...(fix !== undefined && { fix }) }
  return value === undefined ? base : { ...base, value }
}

// The same fault of a record that has moved to another name is a new one; what a message quotes of other fields is part
// of its fault.
function keyOf({ rule, field, value, message }: Finding, object: unknown): string {
  const spec = at(object, 'spec')
  return JSON.stringify([rule, field, value, message, textAt(spec, 'zone'), textAt(spec, 'name')])
}

function byKind(some: readonly Rule[]): ReadonlyMap<string, readonly Rule[]> {
  const kinds = new Set(some.flatMap(rule => rule.kinds))
  return new Map([...kinds].map(kind => [kind, some.filter(rule => rule.kinds.includes(kind))]))
}
