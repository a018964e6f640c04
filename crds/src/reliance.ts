import { mayHaveAddress, type ZoneContent } from './content.ts'
import { isAtOrBelow, isWildcard, lineage, parentOf } from './name.ts'
import { type Claim, type Decision, isAddress, objectOf, type Remark } from './node.ts'
import { bySeniority, printSeniority } from './object.ts'
import { RRTYPE } from './records.ts'
import { sentence, toldIn } from './told.ts'

const { CNAME, NS } = RRTYPE

/*
 * An MX or NS may rely on a host whose address no object gives at its name: a wildcard does, or others may have. A CNAME
 * that answers for it would make it an alias. And anything at the name, below it, or between it and the wildcard's parent, hides
 * the wildcard (RFC 4592 section 2.2.1). What is younger than the MX or NS, and than the wildcard's address, stays out.
 */

/** How a host of the zone comes by the address that an MX or NS relies on. */
interface Reliance {
  readonly host: string
  /** The oldest claim that names the host. */
  readonly named: Claim
  /** As old as the host's being named and having an address. */
  readonly since: Claim
  /** Where a CNAME would make it an alias. */
  readonly answerer: string
  /** The wildcard that gives the address; none where others may. */
  readonly wildcard?: string
  /** The topmost name at or below which anything hides that wildcard. */
  readonly gap?: string
}

type Refused = Map<string, Map<Claim, Remark>>

/** What would take the address from hosts that are relied on. It asks of each node by itself alone. */
export class Reliances {
  readonly #content: ZoneContent
  readonly #alone: (owner: string) => Decision
  readonly #refused = new Map<string, Refused>()

  constructor(content: ZoneContent, alone: (owner: string) => Decision) {
    this.#content = content
    this.#alone = alone
  }

  /** The claims at an owner name that would. */
  refused(owner: string): ReadonlyMap<Claim, Remark> | undefined {
    const { apex, hosts } = this.#content
    const [top] = lineage(owner, apex)
    if (top === undefined) return undefined
    const root = isWildcard(top) ? apex : top
    if (hosts.under(root).next().done) return undefined
    const known = this.#refused.get(root) ?? this.#find(hosts.under(root))
    this.#refused.set(root, known)
    return known.get(owner)
  }

  #find(hosts: Iterable<string>): Refused {
    const refused: Refused = new Map()
    const reliances = [...hosts].flatMap(host => this.#on(host))
    // Of several that a claim would harm it hears of the oldest.
    for (const reliance of reliances.sort(byNamed).reverse()) {
      for (const [owner, claim] of this.#against(reliance)) {
        const there = refused.get(owner) ?? new Map<Claim, Remark>()
        refused.set(owner, there.set(claim, takesAddress(claim, reliance)))
      }
    }
    return refused
  }

  #on(host: string): readonly Reliance[] {
    const { apex } = this.#content
    if (this.#hasAddressForGood(host)) return []
    if (mayHaveAddress(host, this.#content)) {
      const named = this.#oldestNaming(host)
      return named ? this.#answerers(host).map(answerer => ({ host, named, since: named, answerer })) : []
    }
    for (let gap = host; gap !== apex; gap = parentOf(gap)) {
      const wildcard = `*.${parentOf(gap)}`
      const address = this.#oldest(wildcard, ({ type }) => isAddress(type))
      if (!address) continue
      const named = this.#oldestNaming(host, gap)
      const since = named && bySeniority(named, address) < 0 ? address : named
      return named && since ? [{ host, named, since, answerer: host, wildcard, gap }] : []
    }
    return []
  }

  /** Where a CNAME would answer for a host, be it that others before it stay out. */
  #answerers(host: string): readonly string[] {
    const { apex, below } = this.#content
    const hasMore = (owner: string) => [...this.#alone(owner).node.keys()].some(type => type !== CNAME)
    const exists = (name: string) => name === apex || hasMore(name) || [...below(name)].some(hasMore)
    const answerers = [host]
    for (let name = host; !exists(name); ) {
      name = parentOf(name)
      answerers.push(`*.${name}`)
    }
    return answerers
  }

  // Nearly every host that is named has; then nothing has to be looked at.
  #hasAddressForGood(host: string): boolean {
    const isAlias = this.#content.claims(host).some(({ type }) => type === CNAME)
    return !isAlias && this.#accepted(host).some(({ type }) => isAddress(type))
  }

  #oldestNaming(host: string, gap?: string): Claim | undefined {
    let oldest: Claim | undefined
    for (const owner of this.#content.hosts.naming(host)) {
      // It hides the wildcard itself.
      if (gap !== undefined && isAtOrBelow(owner, gap)) continue
      const claim = this.#oldest(owner, one => isNaming(one, host) && !(one.type === NS && isWildcard(owner)))
      if (claim && (!oldest || bySeniority(claim, oldest) < 0)) oldest = claim
    }
    return oldest
  }

  #oldest(owner: string, is: (claim: Claim) => boolean): Claim | undefined {
    const [oldest] = this.#accepted(owner).filter(is).sort(bySeniority)
    return oldest
  }

  // Where anything is older, it hides the wildcard for good, and all others may as well.
  #against({ host, answerer, gap, since }: Reliance): [owner: string, claim: Claim][] {
    const { own, claims, below } = this.#content
    const younger: [string, Claim][] = []
    for (const owner of gap === undefined ? [answerer] : [gap, ...below(gap)]) {
      if ((own(owner)?.size ?? 0) > 0) return []
      if (this.#accepted(owner).some(claim => bySeniority(claim, since) < 0)) return []
      // Those that lose against another of them, too: they would take its place.
      const { refused } = this.#alone(owner)
      const managed = claims(owner).filter(claim => refused.get(claim)?.reason !== 'Unmanaged')
      younger.push(...managed.map((claim): [string, Claim] => [owner, claim]))
    }
    const hasAddress = gap === undefined || claims(host).some(({ type }) => isAddress(type))
    return hasAddress ? younger.filter(([owner, { type }]) => owner === answerer && type === CNAME) : younger
  }

  #accepted(owner: string): readonly Claim[] {
    const { refused } = this.#alone(owner)
    return this.#content.claims(owner).filter(claim => !refused.has(claim))
  }
}

function byNamed(a: Reliance, b: Reliance): number {
  return bySeniority(a.named, b.named) || (a.host < b.host ? -1 : 1)
}

function isNaming({ targets }: Claim, host: string): boolean {
  return targets?.includes(host) ?? false
}

function takesAddress(claim: Claim, { host, wildcard, named }: Reliance): Remark {
  const { metadata, type } = claim
  const by = objectOf(named)
  const told = `${sentence(toldIn(metadata.namespace, by))} ${printSeniority(named, claim)} and names ${host}`
  const message =
    type === CNAME || wildcard === undefined
      ? `${told}, which the CNAME would leave without an address: give the CNAME another name`
      : `${told}, which has the address of ${wildcard} as long as nothing stands at or below it: create an ARecord or AAAARecord for it first`
  return { reason: 'TargetConflict', message, by }
}
