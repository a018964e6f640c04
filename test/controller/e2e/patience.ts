import type { UntilOptions } from '../../cluster/index.ts'

/*
 * How long to wait for what the controller does at a time of its own: three times that and more, for a machine that is slow
 * and busy. What nothing is waited for comes within the 10 s of until(); what is promised to come soon has its own bound.
 */

/** Until a server that came back is found: it is probed at most 7.5 s after the time before. */
export const FOUND: UntilOptions = { timeoutMs: 30_000 }

/** Until secondaries have a change of a zone that was taken over: it keeps its notify-delay, which is 5 s if absent. */
export const ANNOUNCED: UntilOptions = { timeoutMs: 20_000 }

/** Until a secondary is level that stayed behind: it is told to fetch the zone after 10 s. */
export const LEVEL: UntilOptions = { timeoutMs: 40_000 }

/** Until what a server or the API server refused is tried again: the pauses between grow to 45 s. */
export const RETRIED: UntilOptions = { timeoutMs: 150_000 }
