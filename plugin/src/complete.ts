import { join } from 'node:path'
import { lookUp } from './completion/lookup.ts'
import { type Candidate, complete } from './completion/words.ts'
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
  const { words, dynamic } = complete(typed, await readOutline(join(import.meta.dirname, 'main.mjs')))
  const flag = (...names: string[]) => flagValue(typed, names)
  const where = { namespace: flag('-n', '--namespace'), context: flag('--context'), kubeconfig: flag('--kubeconfig') }
  const found = dynamic ? await lookUp(dynamic, where) : []
  const current = typed.at(-1) ?? ''
  const fitting = [...words, ...found].filter(({ word }) => word.startsWith(current) && /^[\x21-\x7e]+$/.test(word))
  return fitting.map(lineOf)
}

function lineOf({ word, about }: Candidate): string {
  return about === undefined || about === '' ? word : `${word}\t${about.replace(/[^\x20-\x7e]/g, ' ')}`
}

function flagValue(typed: readonly string[], names: readonly string[]): string | undefined {
  const at = typed.findIndex(word => names.includes(word))
  const joined = typed.find(word => names.some(name => word.startsWith(`${name}=`)))
  return at >= 0 && at < typed.length - 1 ? typed[at + 1] : joined?.slice(joined.indexOf('=') + 1)
}
