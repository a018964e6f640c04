import { bytesOf, decodeRdata } from '#bind9'
import { type Claim, canonicalName, type Octets, type Remark, recordTypeOfCode } from '#crds'
import type { RefusedChange } from './apply.ts'
import type { NodeChange } from './plan.ts'

interface Refusal {
  readonly parts: readonly RefusedChange[]
  readonly refusals: number
  readonly retryAtMs: number
}

/**
 * Changes of one zone that a primary does not take, by owner name, and those that are held back from it:
 *
 *   refused --(a pause that grows)--> due for another try
 *   held    --next pass--> released, and planned anew
 */
export class Refusals {
  readonly #byOwner = new Map<string, Refusal>()
  readonly #held = new Set<string>()
  #heldFor: Remark | undefined

  has(owner: string): boolean {
    return this.#byOwner.has(owner)
  }

  partsAt(owner: string): readonly RefusedChange[] {
    return this.#byOwner.get(owner)?.parts ?? []
  }

  /** Why what a claim says is not taken. */
  of(owner: string, claim: Claim): Remark | undefined {
    const concerns = ({ change }: RefusedChange) =>
      change.steps.some(({ type, kind, rdata }) => {
        return type === claim.type && (kind === 'delete' || claim.rdata.includes(rdata))
      })
    return this.partsAt(owner).find(concerns)
  }

  /** Whether a change was refused so lately, or is held, that it is not to be tried now. */
  isEarly(owner: string, nowMs: number): boolean {
    return (this.#byOwner.get(owner)?.retryAtMs ?? 0) > nowMs
  }

  /** Owner names that are due for another try. */
  due(nowMs: number): string[] {
    return [...this.#byOwner].filter(([, { retryAtMs }]) => retryAtMs <= nowMs).map(([owner]) => owner)
  }

  /** When the first is due, in milliseconds since 1970. */
  get retryAtMs(): number {
    let first = Number.POSITIVE_INFINITY
    for (const { retryAtMs } of this.#byOwner.values()) first = Math.min(first, retryAtMs)
    return first
  }

  /** Owner names where a record points at one of these, whose address may have come. */
  pointingAt(targets: ReadonlySet<string>): string[] {
    const isOne = ({ parts }: Refusal) => parts.flatMap(targetsOf).some(target => targets.has(target))
    return [...this.#byOwner].filter(([, refusal]) => isOne(refusal)).map(([owner]) => owner)
  }

  refuse(owner: string, parts: readonly RefusedChange[], nowMs: number): void {
    const refusals = (this.#byOwner.get(owner)?.refusals ?? 0) + 1
    const waitMs = Math.min(2 ** refusals * 1000, 300_000) * (0.75 + Math.random() / 2)
    this.#byOwner.set(owner, { parts, refusals, retryAtMs: nowMs + waitMs })
  }

  /** Holds changes back until the next pass. */
  hold(changes: readonly NodeChange[], { reason, message }: Remark): void {
    if (changes.length > 0) this.#heldFor = { reason, message }
    for (const change of changes) {
      this.#held.add(change.owner)
      const parts = [{ change, reason, message }]
      this.#byOwner.set(change.owner, { parts, refusals: 0, retryAtMs: Number.POSITIVE_INFINITY })
    }
  }

  /** Why anything is held. */
  get heldFor(): Remark | undefined {
    return this.#heldFor
  }

  /** Lets go what is held; returns its owner names. */
  releaseHeld(): string[] {
    const owners = [...this.#held]
    this.#held.clear()
    this.#heldFor = undefined
    return owners
  }

  delete(owner: string): void {
    this.#byOwner.delete(owner)
  }
}

function targetsOf({ change }: RefusedChange): string[] {
  return change.steps.filter(({ kind }) => kind === 'add').flatMap(({ type, rdata }) => namesIn(type, rdata))
}

function namesIn(type: number, rdata: Octets): string[] {
  const entry = recordTypeOfCode(type)
  const names = entry?.fields.filter(({ wire }) => wire === 'name') ?? []
  if (!entry || names.length === 0) return []
  const values = decodeRdata(entry, bytesOf(rdata))
  return names.map(({ name }) => canonicalName(values[name] as string))
}
