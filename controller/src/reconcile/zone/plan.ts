import { isSigning, type Node, type Octets, type RRset, RRTYPE } from '#crds'

const { NS, CNAME } = RRTYPE

/** One record to add or to remove. */
export interface Step {
  readonly kind: 'add' | 'delete'
  readonly type: number
  /** Seconds. */
  readonly ttl: number
  readonly rdata: Octets
}

/** All that changes at one owner name; it leaves in one message, in this order. */
export interface NodeChange {
  readonly owner: string
  readonly steps: readonly Step[]
}

/**
 * What leads from the RRsets served at an owner name to those desired; undefined when they are the same. RRsets that
 * nobody desires are withdrawn, but for records that are others'.
 */
export function planNode(
  owner: string,
  desired: Node,
  served: Node,
  isOthers: (type: number, rdata: Octets) => boolean = () => false,
): NodeChange | undefined {
  const adds: Step[] = []
  const deletes: Step[] = []
  for (const [type, rrset] of desired) compare(type, rrset, served.get(type), adds, deletes)
  for (const [type, { ttl, rdata }] of served) {
    if (desired.has(type)) continue
    compare(type, undefined, { ttl, rdata: rdata.filter(octets => !isOthers(type, octets)) }, adds, deletes)
  }
  if (deletes.length === 0) return adds.length === 0 ? undefined : { owner, steps: adds }
  // Room is made first: named ignores data beside a CNAME, a CNAME beside data, and takes no 101st record of an RRset.
  // But name servers that are replaced go last, for named ignores the removal of the last NS at the apex.
  const goesLast = (step: Step) => step.type === NS && desired.has(NS)
  const steps = [...deletes.filter(step => !goesLast(step)), ...adds, ...deletes.filter(goesLast)]
  return { owner, steps }
}

function compare(
  type: number,
  desired: RRset | undefined,
  served: RRset | undefined,
  adds: Step[],
  deletes: Step[],
): void {
  if (isSigning(type)) return
  const keeps = desired?.ttl === served?.ttl
  for (const rdata of desired?.rdata ?? []) {
    if (!keeps || !served?.rdata.includes(rdata)) adds.push({ kind: 'add', type, ttl: desired?.ttl ?? 0, rdata })
  }
  // A CNAME is replaced by adding the next one: named takes the first away itself.
  if (type === CNAME && desired) return
  for (const rdata of served?.rdata ?? []) {
    if (!desired?.rdata.includes(rdata)) deletes.push({ kind: 'delete', type, ttl: 0, rdata })
  }
}

// A message holds 65,535 octets; what a record takes beside its rdata is its owner name and ten more.
const OCTETS_PER_MESSAGE = 48_000

/**
 * Puts changes together into messages of about `records` records each, and never too long for one unless a single name
 * is; the changes of one name stay together.
 */
export function batches(changes: readonly NodeChange[], records: number): NodeChange[][] {
  const messages: NodeChange[][] = []
  let room = { records: 0, octets: 0 }
  for (const change of changes) {
    const octets = sizeOf(change)
    if (room.records < change.steps.length || room.octets < octets) {
      messages.push([])
      room = { records, octets: OCTETS_PER_MESSAGE }
    }
    messages.at(-1)?.push(change)
    room = { records: room.records - change.steps.length, octets: room.octets - octets }
  }
  return messages
}

/**
 * Halves a message that was refused, down to single records, so that the bad ones stand alone. What replaces something
 * stays whole: the old value of an RRset goes only with the new one. One part means that it cannot be split.
 */
export function split(batch: readonly NodeChange[]): NodeChange[][] {
  const [only] = batch
  const parts = batch.length === 1 && only ? partsOf(only) : batch
  const middle = parts.length >> 1
  return [parts.slice(0, middle), parts.slice(middle)].filter(half => half.length > 0)
}

function partsOf({ owner, steps }: NodeChange): NodeChange[] {
  if (steps.some(step => step.type === CNAME)) return [{ owner, steps }]
  const byType = [...Map.groupBy(steps, step => step.type).values()]
  if (byType.length > 1) return byType.map(group => ({ owner, steps: group }))
  if (steps.some(step => step.kind === 'delete')) return [{ owner, steps }]
  return steps.map(step => ({ owner, steps: [step] }))
}

function sizeOf({ owner, steps }: NodeChange): number {
  return steps.reduce((sum, { rdata }) => sum + owner.length + 12 + rdata.length, 0)
}
