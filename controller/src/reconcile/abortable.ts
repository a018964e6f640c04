/** What is given up when the signal is aborted. */
export interface Abortable {
  readonly signal?: AbortSignal | undefined
}
