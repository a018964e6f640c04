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
  const last = (name: string, char?: string) => valuesOf(typed, name, char).at(-1)
  const groups = valuesOf(typed, 'as-group')
  return {
    namespace: last('namespace', 'n'),
    all: typed.includes('-A') || typed.includes('--all-namespaces'),
    context: last('context'),
    kubeconfig: last('kubeconfig'),
    cluster: last('cluster'),
    user: last('user'),
    as: last('as'),
    asGroups: groups.length > 0 ? groups : undefined,
  }
}

function lineOf({ word, about }: Candidate): string {
  return about === undefined || about === '' ? word : `${word}\t${about.replace(/[^\x20-\x7e]/g, ' ')}`
}

/** What is given for a flag: "--namespace dns", "--namespace=dns", "-n dns", "-n=dns", "-ndns". */
function valuesOf(typed: readonly string[], name: string, char?: string): string[] {
  const long = `--${name}`
  const short = char === undefined ? undefined : `-${char}`
  return typed.flatMap((word, i) => {
    if (word === long || word === short) return typed[i + 1] ?? []
    if (word.startsWith(`${long}=`)) return word.slice(long.length + 1)
    return short !== undefined && word.startsWith(short) ? word.slice(short.length).replace(/^=/, '') : []
  })
}
