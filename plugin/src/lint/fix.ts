import { parse } from 'yaml'
import { type Fix, type Linted, lint } from './lint.ts'
import { type ReadFiles, readTexts } from './read.ts'

/** Files as they are to be, what was changed in them, and what is still wrong. */
export interface Fixed {
  readonly texts: ReadonlyMap<string, string>
  readonly fixes: readonly Fix[]
  readonly left: Linted
}

/** Writes into texts what rules know to say instead, and nothing else: comments and layout stay as they are. */
export function fix(read: ReadFiles): Fixed {
  const byPlace = new Map(
    lint(read)
      .fixes.toReversed()
      .map(one => [`${one.finding.file} ${one.range[0]}`, one]),
  )
  const fixes = [...byPlace.values()].reverse()
  const byFile = Map.groupBy(fixes, ({ finding }) => finding.file)
  const texts = new Map(Array.from(read.texts, ([file, text]) => [file, spliced(text, byFile.get(file) ?? [])]))
  const after = readTexts(texts)
  const unread = read.faults.filter(({ file }) => !texts.has(file))
  return { texts, fixes, left: lint({ ...after, faults: [...unread, ...after.faults] }) }
}

// From the end backwards, so that what stands before keeps its place.
function spliced(text: string, fixes: readonly Fix[]): string {
  return fixes
    .toSorted((a, b) => b.range[0] - a.range[0])
    .reduce((whole, { range: [start, end], text: next }) => {
      return whole.slice(0, start) + asWritten(next, whole.slice(start, end)) + whole.slice(end)
    }, text)
}

// In the quotes that stood there, or in some where a plain word would be no text.
function asWritten(text: string, before: string): string {
  if (before.startsWith("'")) return `'${text.replaceAll("'", "''")}'`
  const isPlain = !before.startsWith('"') && /^\w[\w.-]*$/.test(text) && parse(text, { version: '1.1' }) === text
  return isPlain ? text : JSON.stringify(text)
}
