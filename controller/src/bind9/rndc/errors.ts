import { BindyError, type Reason } from '../errors.ts'
import type { TsigKey } from '../key.ts'
import type { OpenStream } from '../stream.ts'

/** Whom a control connection goes to, and with which key; the secret is never printed. */
export interface Peer {
  readonly host: string
  readonly port: number
  readonly open?: OpenStream | undefined
  readonly key: TsigKey
}

/** No TCP connection to the control channel: refused, no route, or no answer in time. */
export class RndcUnreachableError extends BindyError {
  constructor(peer: Peer, why: string, options: { cause?: unknown } = {}) {
    super(`Cannot connect to the control channel of named at ${endpoint(peer)}: ${why}`, {
      reason: 'Unreachable',
      ...options,
    })
  }
}

/** named took the connection and closed it before the handshake was done. It never says why (FACTS B3). */
export class RndcRefusedError extends BindyError {
  constructor(peer: Peer, options: { cause?: unknown } = {}) {
    super(
      `Cannot command named at ${endpoint(peer)} with key ${keyText(peer)}: it closed the connection without a word. ` +
        'Either the key is not among the keys of that controls statement (name, algorithm and secret count), or the two ' +
        'clocks are more than 300 s apart, or its allow list leaves our address out; the log of named says which',
      { reason: 'RndcRefused', ...options },
    )
  }
}

/** An answer came that the key's holder cannot have given to this command: unsigned, changed, or of another command. */
export class RndcUnverifiedError extends BindyError {
  constructor(peer: Peer, why: string) {
    super(`Cannot trust the answer of named at ${endpoint(peer)} with key ${keyText(peer)}: ${why}`, {
      reason: 'RndcUnverified',
    })
  }
}

/** The connection ended after the command was sent and before its answer: whether it ran is unknown. */
export class RndcLostError extends BindyError {
  readonly verb: string

  constructor(peer: Peer, verb: string, options: { cause?: unknown } = {}) {
    super(
      `Cannot tell whether named at ${endpoint(peer)} ran "${verb}": the connection closed before the answer (named stopped, the clocks drifted apart, or the network failed)`,
      { reason: 'OutcomeUnknown', ...options },
    )
    this.verb = verb
  }
}

/** No answer in time: whether the command ran is unknown. */
export class RndcTimeoutError extends BindyError {
  readonly verb: string

  constructor(peer: Peer, verb: string, timeoutMs: number) {
    super(`Cannot tell whether named at ${endpoint(peer)} ran "${verb}": no answer within ${timeoutMs} ms`, {
      reason: 'OutcomeUnknown',
    })
    this.verb = verb
  }
}

/** `close()` was called: nothing more is sent on this connection. */
export class RndcClosedError extends BindyError {
  constructor(peer: Peer) {
    super(`Cannot command named at ${endpoint(peer)}: our side has closed the connection`, { reason: 'RndcClosed' })
  }
}

/** Octets that are no control-channel message, or one too large to be sent. */
export class RndcMessageError extends BindyError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { reason: 'MessageInvalid', ...options })
  }
}

/** A command that must not be sent as it stands: it holds an octet that has no place in a command line. */
export class RndcCommandError extends BindyError {
  constructor(verb: string, why: string) {
    super(`Cannot send "${verb}" to named: ${why}`, { reason: 'RndcCommandInvalid', retry: 'never' })
  }
}

export interface FailedCommand {
  readonly peer: Peer
  readonly verb: string
  /** The zone the command was about, if any. */
  readonly zone?: string | undefined
  readonly result: number
  readonly err: string
  readonly text: string
}

/** named ran the command and answered with a result other than 0. */
export class RndcResultError extends BindyError {
  readonly verb: string
  readonly zone: string | undefined
  /** named's own result code (isc_result_t). */
  readonly result: number
  /** named's name of the code, see `rndcResults`: `bad zone`. */
  readonly err: string
  /** What named says more, often nothing. */
  readonly text: string

  constructor(failed: FailedCommand, reason = reasons[failed.err] ?? 'RndcFailed') {
    const what = failed.zone === undefined ? failed.verb : `${failed.verb} "${failed.zone}"`
    const why = [failed.err, failed.text].filter(Boolean).join(': ').replaceAll('\n', ' ')
    super(`Cannot run ${what} on named at ${endpoint(failed.peer)}: ${why} (result ${failed.result})`, {
      reason,
    })
    this.verb = failed.verb
    this.zone = failed.zone
    this.result = failed.result
    this.err = failed.err
    this.text = failed.text
  }
}

/** addzone of a zone that named has already. */
export class ZoneExistsError extends RndcResultError {}

/** named has no such zone. */
export class ZoneNotFoundError extends RndcResultError {
  constructor(failed: FailedCommand) {
    super(failed, 'ZoneNotServed')
  }
}

/** showzone of a zone that is no statement of named.conf or of addzone: a catalog zone gave it to the server. */
export class ZoneNotShownError extends RndcResultError {
  constructor(failed: FailedCommand) {
    super(failed, 'FromCatalog')
  }
}

/** addzone of a primary zone whose file is absent, wrong, or does not fit its journal; nothing was added. */
export class ZoneLoadError extends RndcResultError {
  constructor(failed: FailedCommand) {
    super(failed, reasons[failed.err] ?? 'ZoneFileInvalid')
  }
}

/** addzone of a zone whose statement named could not save; nothing was added. */
export class ZoneNotSavedError extends RndcResultError {
  constructor(failed: FailedCommand) {
    super({ ...failed, text: 'it could not save the statement of the zone, mostly for want of room' }, 'RndcFailed')
  }
}

/**
 * The results that mean something to us, by what named calls them: their numbers move from version to version ("zone not
 * loaded" is 123 in 9.18 and 124 in 9.20), their names stay (FACTS C4).
 */
export const rndcResults = {
  permissionDenied: 'permission denied',
  exists: 'already exists',
  notFound: 'not found',
  unexpectedEnd: 'unexpected end of input',
  failure: 'failure',
  unexpectedToken: 'unexpected token',
  fileNotFound: 'file not found',
  outOfRange: 'out of range',
  multiple: 'multiple',
  badZone: 'bad zone',
  zoneNotLoaded: 'zone not loaded',
  alreadyFrozen: 'already frozen',
  dynamicZone: 'dynamic zone',
} as const

const reasons: Readonly<Record<string, Reason>> = {
  [rndcResults.permissionDenied]: 'PermissionDenied',
  [rndcResults.exists]: 'ZoneExists',
  [rndcResults.unexpectedToken]: 'ZoneStatementRefused',
  [rndcResults.fileNotFound]: 'ZoneFileInvalid',
  [rndcResults.outOfRange]: 'ZoneFileInvalid',
  [rndcResults.badZone]: 'ZoneFileInvalid',
  [rndcResults.zoneNotLoaded]: 'ZoneNotLoaded',
  [rndcResults.dynamicZone]: 'ZoneDynamic',
}

function endpoint({ host, port }: Peer): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function keyText({ key }: Peer): string {
  return `${key.name} (${key.algorithm})`
}
