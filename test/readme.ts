import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..')

/** A fenced block of the README. */
export interface Block {
  /** The heading that it stands under. */
  readonly section: string
  readonly language: string
  readonly text: string
}

/** A command of a console block, and what it prints. */
export interface Example {
  readonly command: string
  readonly output: string
}

export const readme = readFileSync(join(root, 'README.md'), 'utf8')

export const blocks: readonly Block[] = blocksOf(readme)

function blocksOf(text: string): Block[] {
  let section = ''
  return [...text.matchAll(/^#+ ([^\n]*)|^```([\w.]*)\n(.*?)^```$/gms)].flatMap(([, heading, language, body]) => {
    if (heading !== undefined) section = heading
    return language === undefined || body === undefined ? [] : [{ section, language, text: body }]
  })
}

/** The commands of a shell block, without what is said of them. */
export function commandsOf({ text }: Block): string[] {
  return text.split('\n').flatMap(line => line.replace(/\s+#.*/, '') || [])
}

export function examplesOf({ text }: Block): Example[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map(example => {
      const [command, ...output] = example.split('\n')
      return { command: command as string, output: output.join('\n') }
    })
}
