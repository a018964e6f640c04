/** Where a module reports: a constant message and fields. */
export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** A log that keeps nothing. */
export const silentLog: Log = { info() {}, warn() {}, error() {} }

/** A log of one JSON object a line: time, level, message and fields. Errors stand as their message. */
export function jsonLog(write: (line: string) => void): Log {
  const line =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }, plain)}\n`)
  return { info: line('info'), warn: line('warn'), error: line('error') }
}

function plain(_name: string, value: unknown): unknown {
  return value instanceof Error ? value.message : value
}
