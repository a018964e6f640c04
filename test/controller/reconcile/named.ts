import type { Node, Octets } from '#crds'
import type { Step } from '../../../controller/src/reconcile/zone/plan.ts'

const NS = 2
const CNAME = 5
const MAX_RECORDS = 100

export type Served = Map<number, { ttl: number; rdata: Octets[] }>

/**
 * What named makes of one UPDATE at one owner name, as measured on 9.18 (FACTS M1, M2): each step by itself, some passed
 * over in silence, and nothing at all where an RRset grows too large on the way.
 */
export function namedUpdates(node: Node, steps: readonly Step[], { apex }: { readonly apex: boolean }): Served {
  const served: Served = new Map([...node].map(([type, { ttl, rdata }]) => [type, { ttl, rdata: [...rdata] }]))
  for (const step of steps) {
    if (step.kind === 'add') add(served, step, apex)
    else remove(served, step, apex)
  }
  return served
}

function add(served: Served, { type, ttl, rdata }: Step, apex: boolean): void {
  if (type === CNAME) {
    if (apex || [...served.keys()].some(other => other !== CNAME)) return
    served.set(CNAME, { ttl, rdata: [rdata] })
    return
  }
  if (served.has(CNAME)) return
  const rrset = served.get(type) ?? { ttl, rdata: [] }
  rrset.ttl = ttl
  if (!rrset.rdata.includes(rdata)) rrset.rdata.push(rdata)
  if (rrset.rdata.length > MAX_RECORDS) throw new Error('SERVFAIL')
  served.set(type, rrset)
}

function remove(served: Served, { type, rdata }: Step, apex: boolean): void {
  const rrset = served.get(type)
  if (!rrset || (apex && type === NS && rrset.rdata.length === 1)) return
  rrset.rdata = rrset.rdata.filter(other => other !== rdata)
  if (rrset.rdata.length === 0) served.delete(type)
}
