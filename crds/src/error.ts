import type { Reason } from './reasons.ts'

/** Whether trying the same again can help: later, only after the object changed, or at a stated time. */
export type Retry = 'backoff' | 'never' | { readonly afterMs: number }

/** What every error of Bindy says beside its sentence: the reason of the condition and event, and what to do next. */
export class BindyError extends Error {
  readonly reason: Reason
  readonly retry: Retry

  constructor(message: string, options: { reason: Reason; retry?: Retry; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.name = new.target.name
    this.reason = options.reason
    this.retry = options.retry ?? 'backoff'
  }
}
