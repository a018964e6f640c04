import { clusterKind, instanceKind, recordKinds, zoneKind } from '../kinds.ts'
import type { Example } from './draft.ts'
import type { CauseReason, Severity } from './finding.ts'
import { RecordSubject } from './recordsubject.ts'
import { ServerSubject } from './serversubject.ts'
import { Subject } from './subject.ts'
import { ZoneSubject } from './zonesubject.ts'

/** What a rule finds at one field. */
export interface Fault {
  readonly field: string
  readonly value?: unknown
  readonly message: string
  /** The rule's own when absent. */
  readonly reason?: CauseReason
  readonly fix?: string
}

interface Entry {
  /** BND-R and a number for errors, BND-W for warnings; never given to another rule. */
  readonly id: string
  /** What holds, in one sentence. */
  readonly says: string
  /** Where that is laid down. */
  readonly source: string
  readonly reason?: CauseReason
  /** Whether an object that breaks it, alone or beside others of its name, is served: nothing else keeps it out. */
  readonly isServed?: boolean
  readonly passes: Example
  readonly fails: Example
}

export interface Rule extends Entry {
  readonly severity: Severity
  readonly kinds: readonly string[]
  readonly reason: CauseReason
  /** Whether it is asked of the deletion of an object, and not of its content. */
  readonly isOfDeletion: boolean
  readonly isServed: boolean
  find(subject: Subject): readonly Fault[]
}

interface Of<S extends Subject> extends Entry {
  /** Those that it speaks of, where not of all kinds of the sort. */
  readonly kinds?: readonly string[]
  readonly isOfDeletion?: boolean
  find(subject: S): readonly (Fault | undefined)[] | Fault | undefined
}

/** A rule on a field that several kinds have. */
export function sharedRule(rule: Of<Subject> & { readonly kinds: readonly string[] }): Rule {
  return ruleOn(rule.kinds, Subject, rule)
}

/** A rule on records. */
export function recordRule(rule: Of<RecordSubject>): Rule {
  return ruleOn(
    recordKinds.map(({ kind }) => kind),
    RecordSubject,
    rule,
  )
}

/** A rule on zones. */
export function zoneRule(rule: Of<ZoneSubject>): Rule {
  return ruleOn([zoneKind.kind], ZoneSubject, rule)
}

/** A rule on servers and clusters of them. */
export function serverRule(rule: Of<ServerSubject>): Rule {
  return ruleOn([instanceKind.kind, clusterKind.kind], ServerSubject, rule)
}

function ruleOn<S extends Subject>(
  kinds: readonly string[],
  type: abstract new (...args: never[]) => S,
  rule: Of<S>,
): Rule {
  return {
    kinds,
    reason: 'FieldValueInvalid',
    isOfDeletion: false,
    isServed: false,
    ...rule,
    severity: rule.id.startsWith('BND-R') ? 'error' : 'warning',
    find: subject => (subject instanceof type ? [rule.find(subject)].flat().filter(fault => fault !== undefined) : []),
  }
}
