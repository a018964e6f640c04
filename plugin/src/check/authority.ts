import { X509Certificate } from 'node:crypto'
import { printDuration } from '../screen/duration.ts'
import type { CheckHead, CheckResult } from './finding.ts'

const head: CheckHead = { id: 'BND-C022', category: 'webhook' }
const FIX = 'start the webhook again: it makes a new authority and registers it'
// It is made anew after two thirds of its time.
const LATE = 1 / 4

/** How long the API server will trust the webhook: as long as the last authority of its caBundle, in base64, holds. */
export function judgeAuthority(caBundle: string, nowMs: number): CheckResult[] {
  const pem = Buffer.from(caBundle, 'base64').toString()
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  const [last] = found
    .map(readCertificate)
    .filter(one => one !== undefined)
    .sort((a, b) => b.validToDate.getTime() - a.validToDate.getTime())
  if (!last) return [{ ...head, state: 'failed', text: "the webhook's caBundle holds no certificate", fix: FIX }]
  const [fromMs, toMs] = [last.validFromDate.getTime(), last.validToDate.getTime()]
  const leftMs = toMs - nowMs
  if (leftMs <= 0)
    return [{ ...head, state: 'failed', text: `the webhook's authority expired on ${dateOf(toMs)}`, fix: FIX }]
  const text = `the webhook's authority holds for ${printDuration(leftMs)}`
  if (leftMs > (toMs - fromMs) * LATE) return [{ ...head, state: 'ok', text }]
  return [{ ...head, state: 'warning', text: `${text} more, and has not been renewed`, fix: FIX }]
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
