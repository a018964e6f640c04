import type { Finding, MayRead } from '#crds'
import type { Access, Scope, UserInfo } from './access.ts'

/** An answer that would name objects waits so long to learn whether it may; the API server waits 2 s for a patch. */
const PATIENCE_MS = 1_000
/** A zone's records may be of any number of namespaces: what is not asked of is not named. */
const MOST_SCOPES = 32

/**
 * What rules find, in words that name only what may be read. Who may read what is asked when the rules would name
 * something, and not before; it changes the words and adds warnings, and never what is an error:
 *
 *   find, naming nothing --what would be named?--> ask --some of it may be read--> find again --what more?--> ask ...
 */
export async function findFor(
  user: UserInfo | undefined,
  find: (mayRead: MayRead) => readonly Finding[],
  access: Access,
): Promise<readonly Finding[]> {
  const hearing = new Hearing(user, access)
  const decided = find(hearing.mayRead)
  let told = decided
  while (await hearing.learn()) told = find(hearing.mayRead)
  return told === decided ? decided : inWordsOf(told, decided)
}

/** What is known of what one user may read. */
class Hearing {
  readonly #user: UserInfo | undefined
  readonly #access: Access
  readonly #known = new Map<string, boolean>()
  #wanted: Scope[] = []
  #signal: AbortSignal | undefined

  constructor(user: UserInfo | undefined, access: Access) {
    this.#user = user
    this.#access = access
  }

  readonly mayRead: MayRead = (kind, namespace) => {
    const key = keyOf({ kind, namespace })
    const known = this.#known.get(key)
    if (known === undefined && this.#known.size < MOST_SCOPES) {
      this.#known.set(key, false)
      this.#wanted.push({ kind, namespace })
    }
    return known ?? false
  }

  /** Asks about all that was wanted; whether any of it may be read. */
  async learn(): Promise<boolean> {
    const scopes = this.#wanted
    if (scopes.length === 0) return false
    this.#wanted = []
    this.#signal ??= AbortSignal.timeout(PATIENCE_MS)
    const signal = this.#signal
    const answers = await Promise.all(scopes.map(scope => this.#access.mayRead(this.#user, scope, { signal })))
    for (const [i, scope] of scopes.entries()) this.#known.set(keyOf(scope), answers[i] ?? false)
    return answers.includes(true)
  }
}

function keyOf({ kind, namespace }: Scope): string {
  return `${kind} ${namespace}`
}

/** What was decided in the words of what may be told; of an error that nobody decided on it is warned. */
function inWordsOf(told: readonly Finding[], decided: readonly Finding[]): readonly Finding[] {
  const errors = decided.filter(isError)
  const isDecided = (finding: Finding) => errors.some(error => isSame(error, finding))
  const warnings = told.filter(finding => !isDecided(finding))
  return [
    ...errors.map(error => told.find(finding => isSame(finding, error)) ?? error),
    ...warnings.map(finding => ({ ...finding, severity: 'warning' as const })),
  ]
}

function isError({ severity }: Finding): boolean {
  return severity === 'error'
}

function isSame(one: Finding, other: Finding): boolean {
  return one.rule === other.rule && one.field === other.field && one.value === other.value
}
