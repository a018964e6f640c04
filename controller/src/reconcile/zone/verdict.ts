import {
  type BindyError,
  type Claim,
  type DNSZone,
  keyOf,
  type Node,
  namespaceOf,
  ofAnother,
  type Remark,
  sentence,
  toldIn,
} from '#crds'
import { isAdmitted, type RecordClaim } from './claims.ts'
import type { DesiredZone } from './desired.ts'
import type { PrimaryZone } from './primary.ts'
import { ruleBroken } from './rulebook.ts'

/** What is to be said of an object: whether it is served, and why not. */
export interface Verdict extends Remark {
  readonly ready: boolean
}

/** One primary of a zone, as the last pass left it. */
export interface PrimaryView {
  readonly key: string
  readonly zone: Pick<PrimaryZone, 'isPending' | 'serves' | 'refusal'> | undefined
  /** Why the last pass did not finish there. */
  readonly fault: BindyError | undefined
}

/**
 * What a record's object hears: served only when every primary of its zone was seen serving all of it. Undefined while
 * nothing new is known: what was seen last still holds.
 */
export function verdictOf(
  record: RecordClaim,
  desired: DesiredZone,
  primaries: readonly PrimaryView[],
): Verdict | undefined {
  const { owner, claim, fault } = record
  if (!isAdmitted(desired.zone)(record)) return noZone(record)
  if (!owner || !claim) return { ready: false, ...(fault ?? { reason: 'InvalidRdata', message: 'It claims nothing' }) }
  const { node, refused, adjusted } = desired.decide(owner)
  const decided = refused.get(claim)
  if (decided) return { ready: false, ...decided }
  const verdicts = primaries.map(primary => onPrimary(primary, owner, claim, node))
  const obstacle = verdicts.find(verdict => verdict && !verdict.ready)
  if (obstacle) return obstacle
  if (verdicts.length === 0 || verdicts.includes(undefined)) return undefined
  const siblings = () => desired.servedBeside(record)
  const aliasAt = (name: string) => desired.aliasAt(name)
  const remark = adjusted.get(claim) ?? ruleBroken(record.object, { siblings, aliasAt })
  return { ready: true, ...(remark ?? { reason: 'Served', message: 'Every primary serves the record' }) }
}

/** What the record of a zone that does not exist hears. */
export function noZone({ object }: RecordClaim): Verdict {
  return {
    ready: false,
    reason: 'ZoneNotFound',
    message: `No DNSZone in namespace ${object.metadata.namespace} has the zoneName ${object.spec.zone}, and none elsewhere lets the namespace in: create it, correct spec.zone, or ask the owner of the zone to list the namespace in allowedNamespaces`,
  }
}

/** What a record hears of its zone, which no server can serve as things stand. */
export function zoneNotReady({ object }: RecordClaim, zone: DNSZone, fault: Remark): Verdict {
  const { namespace } = object.metadata
  const by = `DNSZone ${keyOf(zone)}`
  const why = zone.metadata.namespace === namespace ? fault.message : SAID_THERE
  return {
    ready: false,
    reason: 'ZoneNotReady',
    message: `${sentence(toldIn(namespace, by))} (${fault.reason}): ${why}`,
  }
}

// In place of a fault's own message, which may name objects beside its own.
const SAID_THERE = 'ask its owner, who reads more in its status'

function serverNotReady({ metadata }: Claim, key: string, { reason, message }: BindyError): Verdict {
  const by = `Bind9Instance ${key}`
  const isNear = namespaceOf(by) === metadata.namespace
  const told = isNear ? `${by}: ${message}` : `${sentence(ofAnother(by))} (${reason}): ${SAID_THERE}`
  return { ready: false, reason, message: told }
}

function onPrimary({ zone, fault, key }: PrimaryView, owner: string, claim: Claim, desired: Node): Verdict | undefined {
  if (!zone || zone.isPending(owner)) {
    return fault && serverNotReady(claim, key, fault)
  }
  if (zone.serves(owner, claim, desired)) return { ready: true, reason: 'Served', message: '' }
  const remark = zone.refusal(owner, claim)
  return remark && { ready: false, reason: remark.reason, message: remark.message }
}
