import type { Answer, ResourceRecord } from '#bind9'
import { RCODE, rcodeName, TYPE } from '#bind9'
import { type Bind9Instance, isSigning, recordTypeOfCode, typeName } from '#crds'
import { readiness } from '../condition.ts'
import type { FoundRecord, Owner } from '../record/find.ts'
import { textsOf } from '../record/rrset.ts'
import { rdataText } from '../server/rdata.ts'
import type { Answered } from '../server/reach.ts'
import { isOwnAddress } from '../zone/unowned.ts'

export interface ServerAnswer {
  readonly instance: Bind9Instance
  readonly answer: Answered<Answer>
}

/** One record at a name: which servers serve it, and what it comes of. */
export interface ComparedRecord {
  readonly type: string
  readonly ttls: readonly number[]
  readonly value: string
  readonly servedBy: readonly string[]
  /** The objects that give it, the zone itself, the signing, or nobody. */
  readonly givenBy: string
  /** Why it is not served, where an object says so. */
  readonly refused?: string
}

export interface Comparison {
  readonly records: readonly ComparedRecord[]
  /** What each server said that answered: "NOERROR", "NXDOMAIN". */
  readonly servers: readonly { readonly instance: string; readonly said: string; readonly isAnswer: boolean }[]
  /** Every server that was asked serves the same, and that is what the objects give. */
  readonly isSame: boolean
}

/** Lays what servers answered for a name beside what the objects give. */
export function compare(
  { owner, apex, zone }: Owner,
  answers: readonly ServerAnswer[],
  objects: readonly FoundRecord[],
): Comparison {
  const rows = new Map<string, { type: number; value: string; ttls: Set<number>; servedBy: string[] }>()
  const row = (type: number, value: string) => {
    const key = `${type} ${value}`
    const known = rows.get(key) ?? { type, value, ttls: new Set<number>(), servedBy: [] }
    rows.set(key, known)
    return known
  }
  for (const { instance, answer } of answers) {
    for (const record of recordsIn(answer, owner)) {
      const found = row(record.type, rdataText(record))
      found.ttls.add(record.ttl)
      found.servedBy.push(instance.metadata.name)
    }
  }
  for (const { entry, object } of objects) for (const value of textsOf(entry, object.spec)) row(entry.code, value)
  const asked = answers.filter(({ answer }) => 'value' in answer).length
  const records = [...rows.values()]
    .sort((a, b) => a.type - b.type || (a.value < b.value ? -1 : 1))
    .map(one => {
      const givers = objects.filter(
        ({ entry, object }) => entry.code === one.type && textsOf(entry, object.spec).includes(one.value),
      )
      const verdict = givers[0] && readiness(givers[0].object)
      return {
        type: typeName(one.type),
        ttls: [...one.ttls],
        value: one.value,
        servedBy: one.servedBy,
        givenBy:
          givers.map(({ object }) => `${object.kind}/${object.metadata.name}`).join(', ') ||
          originOf(one.type, owner, { apex, zone }),
        ...(verdict && verdict.status !== 'True' && { refused: `${verdict.reason}: ${verdict.message}` }),
      }
    })
  return {
    records,
    servers: answers.map(({ instance, answer }) => ({
      instance: instance.metadata.name,
      said: saidBy(answer),
      isAnswer: 'value' in answer,
    })),
    isSame:
      asked === answers.length &&
      records.every(record => record.servedBy.length === asked && record.givenBy !== NOBODY),
  }
}

const NOBODY = 'no object'

function originOf(type: number, owner: string, { apex, zone }: Pick<Owner, 'apex' | 'zone'>): string {
  if (isSigning(type)) return 'signing'
  if (type === TYPE.SOA || (owner === apex && recordTypeOfCode(type)?.type === 'NS')) return zone.kind
  return isOwnAddress(zone, owner, type) ? zone.kind : NOBODY
}

// A delegation stands in the authority section.
function recordsIn(answer: Answered<Answer>, owner: string): ResourceRecord[] {
  if (!('value' in answer)) return []
  const { answers, authorities } = answer.value
  const delegation = answers.length === 0 ? authorities.filter(({ type }) => recordTypeOfCode(type)?.type === 'NS') : []
  return [...answers, ...delegation].filter(({ name }) => name === owner)
}

function saidBy(answer: Answered<Answer>): string {
  if (!('value' in answer)) return answer.fault
  const { rcode, answers, authorities, aa } = answer.value
  if (!aa && answers.length === 0 && authorities.some(({ type }) => typeName(type) === 'NS')) return 'a delegation'
  const empty = rcode === RCODE.NOERROR && answers.length === 0 ? ', no such record' : ''
  return `${rcodeName(rcode)}${empty}${aa ? '' : ', not authoritative'}`
}
