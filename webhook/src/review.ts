import { API_GROUP, BindyError } from '#crds'
import { apiReasonOf } from '#kube'
import type { UserInfo } from './access.ts'
import { validator } from './schema.ts'

/*
 * AdmissionReview of admission.k8s.io/v1: what the API server asks before it stores an object or lets it go, and what it
 * is told.
 */

/** An object as it came, of the right outline only: what its spec holds is for the rules to judge. */
export interface ReviewedObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name?: string
    readonly namespace?: string
    readonly deletionTimestamp?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly managedFields?: readonly unknown[]
  }
  readonly spec?: unknown
}

/** One question: may this object be stored as it is, or go? */
export interface Review {
  readonly uid: string
  readonly operation: Operation
  /** Of the object, both as the URL of the request has them; a name that is yet to be generated is empty. */
  readonly namespace: string
  readonly name: string
  readonly userInfo?: UserInfo
  /** As it is to be stored; there unless it is to go. */
  readonly object?: ReviewedObject
  /** As it is stored; there unless it is to be created. */
  readonly oldObject?: ReviewedObject
}

type Operation = 'CREATE' | 'UPDATE' | 'DELETE'

/** One fault of one field; the reason is a cause type of the API server's, such as FieldValueInvalid. */
export interface Cause {
  readonly field: string
  readonly reason: string
  readonly message: string
}

/** One step of a JSON patch (RFC 6902); the path is a JSON pointer (RFC 6901). */
export interface PatchStep {
  readonly op: 'add' | 'replace'
  readonly path: string
  readonly value: unknown
}

/** The answer: the object may pass, perhaps with a patch, or it may not, and why. */
export type Verdict = { readonly warnings?: readonly string[] } & (
  | { readonly allowed: true; readonly patch?: readonly PatchStep[] }
  | { readonly allowed: false; readonly code: number; readonly message: string; readonly causes?: readonly Cause[] }
)

/** What was sent is no review that this webhook can answer. */
export class ReviewError extends BindyError {
  constructor(why: string) {
    super(`Cannot read the AdmissionReview: ${why}`, { reason: 'ReviewInvalid', retry: 'never' })
  }
}

const text = { type: 'string' }
const texts = { type: 'object', additionalProperties: text }
const metadata = {
  type: 'object',
  properties: {
    ...{ name: text, namespace: text, uid: text, deletionTimestamp: text },
    creationTimestamp: { type: ['string', 'null'] },
    ...{ labels: texts, annotations: texts, finalizers: { type: 'array', items: text } },
    managedFields: { type: 'array' },
  },
}
const object = {
  type: ['object', 'null'],
  required: ['apiVersion', 'kind', 'metadata'],
  properties: { apiVersion: text, kind: text, metadata },
}
const userInfo = {
  type: 'object',
  properties: {
    ...{ username: text, uid: text, groups: { type: 'array', items: text } },
    extra: { type: 'object', additionalProperties: { type: 'array', items: text } },
  },
}
const request = {
  type: 'object',
  required: ['uid', 'operation'],
  properties: {
    uid: { type: 'string', minLength: 1, maxLength: 128 },
    operation: { type: 'string', enum: ['CREATE', 'UPDATE', 'DELETE'] },
    ...{ name: text, namespace: text, userInfo, object, oldObject: object },
  },
}
const faultsOf = validator({
  type: 'object',
  required: ['apiVersion', 'kind', 'request'],
  properties: {
    apiVersion: { type: 'string', enum: ['admission.k8s.io/v1'] },
    kind: { type: 'string', enum: ['AdmissionReview'] },
    request,
  },
})

const NEEDED = {
  CREATE: ['object'],
  UPDATE: ['object', 'oldObject'],
  DELETE: ['oldObject'],
} as const satisfies Record<Operation, readonly ('object' | 'oldObject')[]>

/** More than any schema has; code that looks into values takes a step of the stack for each. */
const MOST_LEVELS = 64

/** Reads a review of objects of one kind; throws ReviewError. */
export function decodeReview(body: unknown, kind: string): Review {
  const faults = faultsOf(body)
  if (faults.length > 0) {
    throw new ReviewError(
      faults
        .slice(0, 10)
        .map(({ field, message }) => `${field || 'it'} ${message}`)
        .join('; '),
    )
  }
  const { request } = body as { request: Partial<Review> & Pick<Review, 'uid' | 'operation'> }
  const { uid, operation, name = '', namespace = '', userInfo } = request
  const needed = NEEDED[operation]
  for (const part of needed) {
    const found = request[part]?.kind
    if (found === undefined) throw new ReviewError(`request.${part} is missing`)
    if (found !== kind)
      throw new ReviewError(`request.${part} is a ${found.slice(0, 100)}, and this path is for ${kind}`)
    // Rules name what is in the namespace of the object, and the API server has judged who asks by that of the request.
    if (request[part]?.metadata.namespace !== namespace)
      throw new ReviewError(`request.${part} is not of the request's namespace`)
    if (isDeeper(request[part]?.spec, MOST_LEVELS))
      throw new ReviewError(`request.${part}.spec is nested deeper than ${MOST_LEVELS} levels`)
  }
  const parts = Object.fromEntries(needed.map(part => [part, request[part]]))
  return { uid, operation, name, namespace, ...(userInfo && { userInfo }), ...parts }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some(below => isDeeper(below, levels - 1))
}

/** The uid of whatever was sent, to be echoed; empty where there is none. */
export function uidOf(body: unknown): string {
  const uid = (body as { request?: { uid?: unknown } | null } | null | undefined)?.request?.uid
  return typeof uid === 'string' ? uid.slice(0, 128) : ''
}

/** The AdmissionReview that tells the API server a verdict on an object. */
export function encodeReview(uid: string, verdict: Verdict, about: { kind?: string; name?: string } = {}): object {
  const { allowed, warnings } = verdict
  const response = {
    uid,
    allowed,
    ...(warnings?.length && { warnings }),
    ...(verdict.allowed ? encodePatch(verdict.patch) : { status: encodeStatus(verdict, about) }),
  }
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response }
}

function encodePatch(patch: readonly PatchStep[] = []): object {
  if (patch.length === 0) return {}
  return { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }
}

// kubectl prints the causes where one object is applied, and the message where several are.
function encodeStatus(
  { code, message, causes }: Extract<Verdict, { allowed: false }>,
  { kind, name }: { kind?: string; name?: string },
): object {
  const details = { ...(name && { name }), ...(kind && { kind, group: API_GROUP }), ...(causes && { causes }) }
  return { status: 'Failure', code, reason: apiReasonOf(code), message, details }
}
