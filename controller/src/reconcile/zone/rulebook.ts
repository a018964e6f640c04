import { checkServed, printFinding, type Remark } from '#crds'

/** What an object that is served hears of rules that it breaks: it came while no webhook was there to refuse it. */
export function ruleBroken(object: unknown, beside: Parameters<typeof checkServed>[1] = {}): Remark | undefined {
  const found = checkServed(object, beside).map(printFinding)
  return found.length > 0 ? { reason: 'RuleBroken', message: `Served, though ${found.join('; ')}` } : undefined
}
