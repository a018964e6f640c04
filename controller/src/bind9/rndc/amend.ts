import { type Clause, sourcesOfBlock } from './clause.ts'
import type { ShownZone } from './shown.ts'
import { keyList, type Remote, remoteList } from './statement.ts'

/** What a zone's statement is to let in, beside what it has. */
export interface Amendment {
  /** Names of keys. */
  readonly allowUpdate: readonly string[]
  readonly allowTransfer: readonly string[]
  readonly alsoNotify: readonly Remote[]
}

/**
 * The block of a zone's statement with what an amendment asks for put before what is there; undefined where nothing is
 * missing. All else stays to the letter. Where an update-policy says who may update, nothing is added to that: named
 * takes no allow-update beside it.
 */
export function amendedBlock(
  shown: ShownZone,
  { allowUpdate, allowTransfer, alsoNotify }: Amendment,
): string | undefined {
  const hasPolicy = shown.clauses.some(([keyword]) => keyword === 'update-policy')
  const missingKeys = (keyword: string, names: readonly string[]) =>
    names.filter(name => !elementsOf(shown, keyword).some(([kind, key]) => kind === 'key' && sameName(key, name)))
  const missingRemotes = alsoNotify.filter(
    ({ address, port }) =>
      !elementsOf(shown, 'also-notify').some(element => element[0] === address && element.includes(String(port))),
  )
  const additions = new Map([
    ['allow-update', hasPolicy ? '' : keyList(missingKeys('allow-update', allowUpdate))],
    ['allow-transfer', keyList(missingKeys('allow-transfer', allowTransfer))],
    ['also-notify', remoteList(missingRemotes)],
  ])
  const present = sourcesOfBlock(shown.text).map(source => {
    const keyword = /^[a-z-]+/i.exec(source)?.[0].toLowerCase() ?? ''
    const addition = additions.get(keyword)
    if (!addition) return source
    additions.delete(keyword)
    return { amended: source.replace('{', () => `{ ${addition}`) }
  })
  const absent = [...additions].filter(([, addition]) => addition !== '')
  if (absent.length === 0 && present.every(source => typeof source === 'string')) return undefined
  const clauses = [
    ...present.map(source => (typeof source === 'string' ? source : source.amended)),
    ...absent.map(([keyword, addition]) => `${keyword} { ${addition}}`),
  ]
  return `{ ${clauses.map(clause => `${clause}; `).join('')}};`
}

function elementsOf({ clauses }: ShownZone, keyword: string): readonly Clause[] {
  const list = clauses.find(clause => clause[0] === keyword)?.at(-1)
  return typeof list === 'object' ? list : []
}

function sameName(shown: unknown, name: string): boolean {
  const plain = (text: string) => text.toLowerCase().replace(/\.$/, '')
  return typeof shown === 'string' && plain(shown) === plain(name)
}
