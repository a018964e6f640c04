import { type ClaimedRecord, checkServed, printFinding, type Remark } from '#crds'

/** What an object that is served hears of rules that it breaks: it came while no webhook was there to refuse it. */
export function ruleBroken(object: unknown, siblings?: () => readonly ClaimedRecord[]): Remark | undefined {
  const found = checkServed(object, { siblings }).map(printFinding)
  return found.length > 0 ? { reason: 'RuleBroken', message: `Served, though ${found.join('; ')}` } : undefined
}
