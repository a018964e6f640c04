import { API_GROUP, kinds } from '#crds'
import { type KubeClient, type Log, resourcePath } from '#kube'

/** Who sent a request, as the API server knows them. */
export interface UserInfo {
  readonly username?: string
  readonly uid?: string
  readonly groups?: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** All objects of one kind in one namespace. */
export interface Scope {
  readonly kind: string
  readonly namespace: string
}

/** What users may read. */
export interface Access {
  /** Whether a user may read the objects of a scope; not where nobody knows. Never rejects, and ends with the signal. */
  mayRead(user: UserInfo | undefined, scope: Scope, options: { readonly signal: AbortSignal }): Promise<boolean>
}

const PATH = resourcePath({ group: 'authorization.k8s.io', version: 'v1', plural: 'subjectaccessreviews' })
const plurals = new Map(kinds.map(({ kind, plural }) => [kind, plural]))
/** One fault that stays is told so often. */
const QUIET_MS = 60_000

/** An answer holds so long: somebody corrects an object again and again, or applies many that are refused. */
const HOLDS_MS = 5_000
const MOST_ANSWERS = 1_000

interface AccessReview {
  readonly status?: { readonly allowed?: boolean }
}

/** What users may read by the word of the API server. */
export class ReviewedAccess implements Access {
  readonly #client: KubeClient
  readonly #log: Log
  readonly #now: () => number
  readonly #answers = new Map<string, { readonly isAllowed: boolean; readonly untilMs: number }>()
  #quietUntilMs = 0

  constructor(client: KubeClient, { log, now }: { readonly log: Log; readonly now: () => number }) {
    this.#client = client
    this.#log = log
    this.#now = now
  }

  async mayRead(
    user: UserInfo | undefined,
    scope: Scope,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<boolean> {
    if (!user?.username) return false
    const asked = question(user, scope)
    const key = JSON.stringify(asked)
    const known = this.#answers.get(key)
    if (known && this.#now() < known.untilMs) return known.isAllowed
    try {
      const { status } = await this.#client.create<AccessReview>(PATH, asked, { retries: 0, signal })
      const isAllowed = status?.allowed === true
      this.#keep(key, isAllowed)
      return isAllowed
    } catch (error) {
      this.#tell(error)
      return false
    }
  }

  #keep(key: string, isAllowed: boolean): void {
    if (this.#answers.size >= MOST_ANSWERS) this.#answers.clear()
    this.#answers.set(key, { isAllowed, untilMs: this.#now() + HOLDS_MS })
  }

  #tell(error: unknown): void {
    const nowMs = this.#now()
    if (nowMs < this.#quietUntilMs) return
    this.#quietUntilMs = nowMs + QUIET_MS
    this.#log.warn('Access not reviewed, so objects are not named', { error })
  }
}

function question({ username, uid, groups, extra }: UserInfo, { kind, namespace }: Scope): object {
  const resourceAttributes = { verb: 'get', group: API_GROUP, resource: plurals.get(kind), namespace }
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: { user: username, uid, groups, extra, resourceAttributes },
  }
}
