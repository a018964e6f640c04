import type { Answer, ResourceRecord } from '#bind9'
import { octetsOf, RCODE, rcodeName, TYPE } from '#bind9'
import {
  type Bind9Instance,
  isAtOrBelow,
  isSigning,
  type Octets,
  type RecordObject,
  RRTYPE,
  rdatasOf,
  recordTypeOfKind,
  typeName,
} from '#crds'
import { readiness } from '../condition.ts'
import { keyOfRdata } from '../record/rrset.ts'
import type { Answered } from '../server/reach.ts'
import { type ObjectZone, sourceName } from '../zonefile/objectzone.ts'
import { printOctets } from '../zonefile/octets.ts'

/** What servers are asked. */
export interface Question {
  readonly zone: ObjectZone
  /** Canonical. */
  readonly owner: string
  readonly type: number
}

export interface ServerAnswer {
  readonly instance: Bind9Instance
  readonly answer: Answered<Answer>
}

/** An object by its kind and its place. */
export interface ObjectName {
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** One record at a name: which servers serve it, and what it comes of. */
export interface ComparedRecord {
  readonly type: string
  readonly ttls: readonly number[]
  /** What the objects say it should be. */
  readonly wantedTtl?: number
  readonly value: string
  readonly servedBy: readonly string[]
  /** The objects that give it, the zone itself, the signing, or nobody, and whether the zone leaves it to others. */
  readonly givenBy: string
  /** These objects, each once. */
  readonly objects: readonly ObjectName[]
  /** Why it is not served, where an object says so. */
  readonly refused?: string
}

export interface Comparison {
  readonly records: readonly ComparedRecord[]
  /** The wildcard whose objects answer for the name, where none of its own do (RFC 4592); canonical. */
  readonly wildcard?: string
  /** What each server said that answered: "NOERROR", "NXDOMAIN"; and whether it spoke for the zone. */
  readonly servers: readonly {
    readonly instance: string
    readonly said: string
    readonly isAnswer: boolean
    readonly hasZone: boolean
    /** How it was reached. */
    readonly way?: string
  }[]
  /** Every server that was asked serves the same, and that is what the objects give. */
  readonly isSame: boolean
}

/** Lays what servers answered for a name beside what the objects give. */
export function compare(question: Question, answers: readonly ServerAnswer[]): Comparison {
  const { zone, owner } = question
  const rows = new Rows()
  for (const { instance, answer } of answers) {
    for (const { type, rdata, ttl } of recordsIn(answer, owner)) {
      const row = rows.at(type, octetsOf(rdata))
      row.ttls.add(ttl)
      row.servedBy.push(instance.metadata.name)
    }
  }
  for (const { type, rdata, ttl } of wantedBy(question)) rows.at(type, rdata).wantedTtl = ttl
  const place = zone.answering(owner)
  const isWildcard = place !== owner && zone.node(place).size > 0 && zone.cutAbove(owner) === undefined
  // Where all objects of a name are refused, a wildcard may answer for it.
  const standing = [...new Set([owner, place])].flatMap(one => objectsAt(zone, one))
  for (const { type, rdata, isServed } of standing) {
    if (!isServed && (question.type === TYPE.ANY || question.type === type)) rows.at(type, rdata)
  }
  const records = rows.sorted().map(row => comparedRecord(row, question, standing))
  const servers = answers.map(({ instance, answer }) => ({
    instance: instance.metadata.name,
    said: saidBy(answer, zone.apex),
    isAnswer: 'value' in answer,
    hasZone: hasZone(answer, zone.apex),
    ...('value' in answer && { way: answer.way }),
  }))
  return {
    records,
    ...(isWildcard && { wildcard: place }),
    servers,
    isSame: servers.every(server => server.hasZone) && records.every(isServedBy(answers.length)),
  }
}

const NOBODY = 'no object'

interface Row {
  readonly type: number
  readonly rdata: Octets
  readonly ttls: Set<number>
  readonly servedBy: string[]
  wantedTtl?: number
}

class Rows {
  readonly #rows = new Map<string, Row>()

  at(type: number, rdata: Octets): Row {
    const key = `${type} ${rdata}`
    const row = this.#rows.get(key) ?? { type, rdata, ttls: new Set(), servedBy: [] }
    this.#rows.set(key, row)
    return row
  }

  sorted(): Row[] {
    return [...this.#rows.values()].sort((a, b) => a.type - b.type || (a.rdata < b.rdata ? -1 : 1))
  }
}

/** The records that servers should answer with. */
function wantedBy({ zone, owner, type }: Question): { type: number; rdata: Octets; ttl: number }[] {
  const cut = zone.cutAbove(owner)
  const isAnswer = (one: number) =>
    cut === undefined ? [one, TYPE.ANY].includes(type) || one === RRTYPE.CNAME : cut === owner && one === RRTYPE.NS
  return [...zone.node(zone.answering(owner))]
    .filter(([one]) => isAnswer(one))
    .flatMap(([type, { rdata, ttl }]) => rdata.map(octets => ({ type, rdata: octets, ttl })))
}

interface Standing {
  readonly object: RecordObject
  readonly type: number
  readonly rdata: Octets
  readonly isServed: boolean
}

function objectsAt(zone: ObjectZone, owner: string): Standing[] {
  const node = zone.node(owner)
  return zone.recordsAt(owner).flatMap(object => {
    const entry = recordTypeOfKind(object.kind)
    return rdatasOf(entry, object.spec)
      .map(values => keyOfRdata(entry, values))
      .map(rdata => ({
        object,
        type: entry.code,
        rdata,
        isServed: node.get(entry.code)?.rdata.includes(rdata) ?? false,
      }))
  })
}

function comparedRecord(row: Row, question: Question, standing: readonly Standing[]): ComparedRecord {
  const { type, rdata, ttls, servedBy, wantedTtl } = row
  const givers = standing.filter(one => one.type === type && one.rdata === rdata).map(({ object }) => object)
  const verdict = givers[0] && readiness(givers[0])
  const { zone } = question.zone
  const names = givers.map(object => sourceName(object, zone.metadata.namespace))
  const origin = originOf(row, question)
  const objects = givers.length === 0 && origin === zone.kind ? [zone] : givers
  return {
    type: typeName(type),
    ttls: [...ttls],
    ...(wantedTtl !== undefined && { wantedTtl }),
    value: printOctets(type, rdata),
    servedBy,
    givenBy: names.join(', ') || origin,
    objects: objects.map(({ kind, metadata: { namespace, name } }) => ({ kind, namespace, name })),
    ...(verdict && verdict.status !== 'True' && { refused: `${verdict.reason}: ${verdict.message}` }),
  }
}

function originOf({ type, wantedTtl }: Row, { zone, owner }: Question): string {
  if (isSigning(type)) return 'signing'
  if (wantedTtl !== undefined || type === TYPE.SOA) return zone.zone.kind
  const left = zone.leftToOthers(owner, type)
  return left === undefined ? NOBODY : `${NOBODY} (${left})`
}

function isServedBy(servers: number) {
  return ({ servedBy, givenBy, ttls, wantedTtl }: ComparedRecord): boolean =>
    servedBy.length === servers && givenBy !== NOBODY && ttls.every(ttl => ttl === (wantedTtl ?? ttl))
}

// A delegation stands in the authority section.
function recordsIn(answer: Answered<Answer>, owner: string): ResourceRecord[] {
  if (!('value' in answer)) return []
  const { answers, authorities } = answer.value
  const delegation = answers.length === 0 ? authorities.filter(({ type }) => type === RRTYPE.NS) : []
  return [...answers, ...delegation].filter(({ name }) => name === owner)
}

function hasZone(answer: Answered<Answer>, apex: string): boolean {
  if (!('value' in answer)) return false
  const { rcode, aa } = answer.value
  return (rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN) && (aa || isDelegation(answer.value, apex))
}

function isDelegation({ aa, answers, authorities }: Answer, apex: string): boolean {
  const isBelow = (name: string) => name !== apex && isAtOrBelow(name, apex)
  return !aa && answers.length === 0 && authorities.some(({ type, name }) => type === RRTYPE.NS && isBelow(name))
}

function saidBy(answer: Answered<Answer>, apex: string): string {
  if (!('value' in answer)) return answer.fault
  if (isDelegation(answer.value, apex)) return 'a delegation'
  const { rcode, answers, aa } = answer.value
  const empty = rcode === RCODE.NOERROR && answers.length === 0 ? ', no such record' : ''
  return `${rcodeName(rcode)}${empty}${aa ? '' : ', not authoritative'}`
}
