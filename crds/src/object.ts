import type { Reason } from './reasons.ts'
import type { Structural } from './structural.ts'

export const API_GROUP = 'bindy.firestoned.io'
export const API_VERSION = 'v1alpha1'

/** Keeps an object until what it describes has left the servers. */
export const FINALIZER = `${API_GROUP}/served`

/** What Bindy reads of an object's metadata. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly resourceVersion: string
  readonly generation: number
  readonly creationTimestamp: string
  readonly deletionTimestamp?: string
  readonly finalizers?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  /** Those of our own group alone. */
  readonly annotations?: Readonly<Record<string, string>>
}

export interface KubeObject<Spec, Status> {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly spec: Spec
  readonly status?: Status | undefined
}

/** One claim about an object, after the Kubernetes API conventions. */
export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  /** A Reason, unless another version wrote it. */
  readonly reason: string
  readonly message: string
  readonly observedGeneration: number
  readonly lastTransitionTime: string
}

/** A condition as it is to be written; when it turned is known by what stands there before. */
export type Claimed = Omit<Condition, 'reason' | 'lastTransitionTime'> & { readonly reason: Reason }

export interface ConditionedStatus {
  readonly observedGeneration?: number | undefined
  readonly conditions?: readonly Condition[] | undefined
}

/** Characters that the message of a condition may have. */
export const LONGEST_MESSAGE = 2048

export const conditionsSchema = {
  type: 'array',
  maxItems: 8,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
  items: {
    type: 'object',
    required: ['type', 'status', 'reason', 'message', 'observedGeneration', 'lastTransitionTime'],
    properties: {
      type: { type: 'string', maxLength: 64 },
      status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
      reason: { type: 'string', maxLength: 64 },
      message: { type: 'string', maxLength: LONGEST_MESSAGE },
      observedGeneration: { type: 'integer', format: 'int64' },
      lastTransitionTime: { type: 'string', format: 'date-time' },
    },
  },
} as const satisfies Structural

/** Whether an object waits for what it describes to leave the servers. */
export function isHeld({ metadata }: { readonly metadata: ObjectMeta }): boolean {
  return metadata.finalizers?.includes(FINALIZER) ?? false
}

/** "namespace/name", the key of an object within its kind. */
export function keyOf(object: { readonly metadata: { readonly namespace: string; readonly name: string } }): string {
  return `${object.metadata.namespace}/${object.metadata.name}`
}

/**
 * The order in which objects that claim the same thing win it: the older first, by UID where the clock cannot tell.
 * Negative when `a` wins.
 */
export function bySeniority(a: { readonly metadata: ObjectMeta }, b: { readonly metadata: ObjectMeta }): number {
  const [x, y] = [a.metadata, b.metadata]
  if (x.creationTimestamp !== y.creationTimestamp) return x.creationTimestamp < y.creationTimestamp ? -1 : 1
  return x.uid < y.uid ? -1 : x.uid > y.uid ? 1 : 0
}

/** How a message says why an object wins over another, by `bySeniority`. */
export function printSeniority(
  winner: { readonly metadata: ObjectMeta },
  other: { readonly metadata: ObjectMeta },
): string {
  const isOlder = winner.metadata.creationTimestamp !== other.metadata.creationTimestamp
  return isOlder ? 'is older' : 'is as old and first by UID'
}
