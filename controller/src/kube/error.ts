import { BindyError, type Retry } from '#crds'

/** One fault of an object, as a refusal lists them: "spec.ttl", and what is wrong with it. */
export interface FieldCause {
  readonly field: string
  readonly message: string
}

/** The API server answered, and the answer is no. */
export class KubeApiError extends BindyError {
  readonly status: number
  /** The API server's own word for it, such as AlreadyExists. */
  readonly apiReason: string
  readonly retryAfterMs: number | undefined
  /** The API server's own sentence. */
  readonly said: string
  /** What is wrong with which field, where it says so. */
  readonly causes: readonly FieldCause[]
  /** The object that it is about, where it says so. */
  readonly about: { readonly kind: string; readonly name: string } | undefined

  constructor(
    message: string,
    options: {
      status: number
      apiReason: string
      retryAfterMs?: number | undefined
      said?: string
      causes?: readonly FieldCause[]
      about?: { readonly kind: string; readonly name: string } | undefined
    },
  ) {
    super(message, { reason: 'APIServerRefused', retry: retryOf(options) })
    this.status = options.status
    this.apiReason = options.apiReason
    this.retryAfterMs = options.retryAfterMs
    this.said = options.said ?? message
    this.causes = options.causes ?? []
    this.about = options.about
  }
}

/** No answer came from the API server: refused, reset, timed out, not trusted, or silent. */
export class KubeUnreachableError extends BindyError {
  /** True where the request certainly never left, so that even a create may be repeated. */
  readonly unsent: boolean

  constructor(message: string, options: { unsent?: boolean; cause?: unknown } = {}) {
    super(message, { reason: 'APIServerUnreachable', cause: options.cause })
    this.unsent = options.unsent ?? false
  }
}

/** A connection to a port of a pod has ended: nobody listens there, or something on the way to it broke. */
export class PortForwardError extends BindyError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { reason: 'Unreachable', ...options })
  }
}

/** The kubeconfig does not say which API server to talk to, or how. */
export class KubeConfigError extends BindyError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { reason: 'KubeconfigInvalid', retry: 'never', cause: options.cause })
  }
}

/** Groups were chosen to act as, and no user is named to be in them. */
export class GroupAloneError extends KubeConfigError {}

// 400, 405, 413, 415, 422: the same request gets the same answer until the object changes.
const hopeless = new Set([400, 405, 413, 415, 422])

function retryOf({ status, retryAfterMs }: { status: number; retryAfterMs?: number | undefined }): Retry {
  if (hopeless.has(status)) return 'never'
  return retryAfterMs === undefined ? 'backoff' : { afterMs: retryAfterMs }
}

/** True when nobody can say whether what was asked was done. A 429 was not looked at. */
export function mayBeDone(error: unknown): boolean {
  if (error instanceof KubeUnreachableError) return !error.unsent
  return !(error instanceof KubeApiError) || error.status >= 500
}

/** True when the object, or the kind, is not there. */
export function isNotFound(error: unknown): boolean {
  return error instanceof KubeApiError && error.status === 404
}

/** True when somebody else wrote the object since it was read. A create of what exists is `AlreadyExists`, not this. */
export function isConflict(error: unknown): boolean {
  return error instanceof KubeApiError && error.status === 409 && error.apiReason !== 'AlreadyExists'
}

const apiReasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

/** The API server's word for a status of HTTP. */
export function apiReasonOf(status: number): string {
  return apiReasons[status] ?? `HTTP${status}`
}

/** Reads a refusal: a Status object where there is one, else whatever text came (429 is plain text, 401 may be empty). */
export function apiErrorOf(
  call: string,
  answer: { status: number; body: unknown; retryAfter?: string | undefined },
): KubeApiError {
  const said = statusOf(answer.body)
  const status = said.code ?? answer.status
  const apiReason = said.reason ?? apiReasonOf(status)
  const why = said.message ?? apiReason
  return new KubeApiError(`Cannot ${call}: the API server answered ${status}: ${why}`, {
    status,
    apiReason,
    retryAfterMs: secondsToMs(answer.retryAfter) ?? secondsToMs(said.retryAfterSeconds),
    said: why,
    causes: said.causes ?? [],
    about: said.about,
  })
}

interface SaidStatus {
  code?: number
  reason?: string
  message?: string
  retryAfterSeconds?: number
  causes?: readonly FieldCause[]
  about?: { readonly kind: string; readonly name: string }
}

function statusOf(body: unknown): SaidStatus {
  const parsed = typeof body === 'string' ? parsedOrText(body) : body
  if (typeof parsed === 'string') return parsed === '' ? {} : { message: parsed }
  if (typeof parsed !== 'object' || parsed === null) return {}
  const { code, reason, message, details } = parsed as Record<string, unknown>
  const said: SaidStatus = {}
  if (typeof code === 'number' && code >= 300) said.code = code
  if (typeof reason === 'string' && reason !== '') said.reason = reason
  if (typeof message === 'string' && message !== '') said.message = message
  return Object.assign(said, detailsOf(details))
}

function detailsOf(details: unknown): Pick<SaidStatus, 'retryAfterSeconds' | 'causes' | 'about'> {
  if (typeof details !== 'object' || details === null) return {}
  const { retryAfterSeconds, causes, kind, name } = details as Record<string, unknown>
  const isCause = (cause: unknown) => typeof (cause as FieldCause | null)?.message === 'string'
  return {
    ...(typeof retryAfterSeconds === 'number' && { retryAfterSeconds }),
    ...(typeof kind === 'string' && typeof name === 'string' && { about: { kind, name } }),
    ...(Array.isArray(causes) && {
      causes: causes.filter(isCause).map(({ field, message }) => ({ field: String(field ?? ''), message })),
    }),
  }
}

function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text.trim().slice(0, 500)
  }
}

function secondsToMs(seconds: string | number | undefined): number | undefined {
  const value = typeof seconds === 'string' ? Number.parseInt(seconds, 10) : seconds
  if (value === undefined || !(value > 0)) return undefined
  return Math.min(value, 300) * 1000
}
