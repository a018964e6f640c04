import { join } from 'node:path'
import { lookUp } from './completion/lookup.ts'
import { type Candidate, complete, type Where } from './completion/words.ts'
import { readOutline } from './outline.ts'

/*
 * kubectl_complete-bindy: kubectl calls it with the words typed so far and takes a candidate a line, then what the shell
 * is to do with them (":4": offer no files).
 */

const NO_FILES = ':4'

/** Prints what may stand in place of the last of these words. Whatever goes wrong, a shell hears nothing of it. */
export async function printCompletions(typed: readonly string[]): Promise<void> {
  const lines = await linesFor(typed).catch(() => [])
  process.stdout.write([...lines, NO_FILES, ''].join('\n'))
}

async function linesFor(typed: readonly string[]): Promise<string[]> {
  const completion = complete(typed, await readOutline(join(import.meta.dirname, 'main.mjs')))
  const found = completion.dynamic ? await lookUp(completion.dynamic, whereOf(typed.slice(0, -1))) : []
  const isFitting = ({ word }: Candidate) => word.startsWith(completion.typed) && /^[\x21-\x7e]+$/.test(word)
  // Objects of several namespaces may have one name.
  const byWord = new Map([...completion.words, ...found].filter(isFitting).map(one => [one.word, one]))
  return [...byWord.values()].map(lineOf)
}

function whereOf(typed: readonly string[]): Where {
  const flag = (...names: string[]) => flagValue(typed, names)
  return {
    namespace: flag('-n', '--namespace'),
    all: typed.includes('-A') || typed.includes('--all-namespaces'),
    context: flag('--context'),
    kubeconfig: flag('--kubeconfig'),
  }
}

function lineOf({ word, about }: Candidate): string {
  return about === undefined || about === '' ? word : `${word}\t${about.replace(/[^\x20-\x7e]/g, ' ')}`
}

function flagValue(typed: readonly string[], names: readonly string[]): string | undefined {
  const at = typed.findIndex(word => names.includes(word))
  const joined = typed.find(word => names.some(name => word.startsWith(`${name}=`)))
  return at >= 0 && at < typed.length - 1 ? typed[at + 1] : joined?.slice(joined.indexOf('=') + 1)
}
