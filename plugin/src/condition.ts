import { type Condition, type ConditionedStatus, isLasting, type KubeObject, type Reason, reasons } from '#crds'

/** What an object says of itself, as far as it holds for the object as it stands now. */
export interface Verdict {
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  /** When it last turned, as the API server writes times. */
  readonly since: string | undefined
}

/** The Ready condition of an object; Pending while nobody has looked at it since it was last changed. */
export function readiness({ metadata, status }: KubeObject<unknown, ConditionedStatus>): Verdict {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  if (!ready) return pending('the controller has not looked at it yet')
  if (ready.observedGeneration !== metadata.generation)
    return pending('the controller has not seen its last change yet')
  return verdictOf(ready)
}

/** What helps against a reason, in a sentence; undefined for one of another version. */
export function remedyOf(reason: string): string | undefined {
  return reason in reasons ? reasons[reason as Reason].do : undefined
}

/** Whether a verdict stays as it is until somebody does something about it. */
export function isSettled({ status, reason }: Verdict): boolean {
  return status === 'True' || (status === 'False' && isLasting(reason))
}

function verdictOf({ status, reason, message, lastTransitionTime }: Condition): Verdict {
  return { status, reason, message, since: lastTransitionTime }
}

function pending(message: string): Verdict {
  return { status: 'Unknown', reason: 'Pending', message, since: undefined }
}
