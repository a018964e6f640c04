import { mayHaveAddress } from './content.ts'
import { isAtOrBelow } from './name.ts'
import type { Claim, Node, Remark } from './node.ts'
import type { Nodes } from './nodes.ts'
import { RRTYPE } from './records.ts'
import { toldIn } from './told.ts'
import { typeName } from './types.ts'

const { A, AAAA, CNAME } = RRTYPE

/** Whether a target lies in the zone, so that its data is the zone's to give; "." says that there is no host (RFC 7505). */
export function isInside(target: string, apex: string): boolean {
  return target !== '.' && isAtOrBelow(target, apex)
}

/**
 * What stands against a record of a type that names a host of the zone: BIND refuses an MX, and an NS of the apex, whose
 * target is an alias (RFC 2181 section 10.3) or has no address.
 */
export function faultOfTarget(target: string, type: number, nodes: Nodes): Remark | undefined {
  return faultOfHost(target, type, nodes.answering(target)) ?? missing(target, type, nodes, nodes.answering(target))
}

/** The same of a server below the delegation that names it: only its very own addresses go along as glue. */
export function faultOfGlue(target: string, type: number, nodes: Nodes): Remark | undefined {
  return faultOfHost(target, type, nodes.node(target)) ?? missing(target, type, nodes, nodes.node(target))
}

/** What stands against a target in a child zone of the same servers that this zone does not delegate. */
export function undelegated(
  target: string,
  { type, metadata }: Claim,
  child: string,
  nodes: Nodes,
): Remark | undefined {
  if (mayHaveAddress(target, nodes.content) || nodes.content.unread?.has(RRTYPE.NS)) return undefined
  return {
    reason: 'TargetMissing',
    message: `${target} lies in the zone of ${toldIn(metadata.namespace, child)}, to which no NSRecord of this zone delegates: create one, then BIND takes the ${typeName(type)}`,
    by: child,
  }
}

function faultOfHost(target: string, type: number, node: Node): Remark | undefined {
  if (!node.has(CNAME)) return undefined
  return {
    reason: 'TargetIsAlias',
    message: `${target} is a CNAME, and ${typeName(type)} must name a host with addresses of its own: name the host behind the alias`,
  }
}

function missing(target: string, type: number, nodes: Nodes, node: Node): Remark | undefined {
  if (node.has(A) || node.has(AAAA) || mayHaveAddress(target, nodes.content)) return undefined
  return {
    reason: 'TargetMissing',
    message: `${target} lies in this zone and has no address, and ${typeName(type)} must name a host that has one: create an ARecord or AAAARecord for it`,
  }
}
