import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { EXIT, Failure, usageFailure } from './failure.ts'
import { harmless } from './screen/harmless.ts'

/** A value that a person may give. */
export interface Question {
  /** "Name of the zone". */
  readonly what: string
  /** What is taken where nothing is typed. */
  readonly example: string
  /** What stands against an answer; the question is put again. */
  readonly faultOf: (answer: string) => string | undefined
}

/** Whether there is a person to ask, who sees what is written. */
export function isAnyoneThere(): boolean {
  return [process.stdin, process.stdout, process.stderr].every(({ isTTY }) => isTTY)
}

/** Asks a person whether to go on. @throws Failure where nobody is there, or the answer is no */
export async function askToGoOn(question: string, signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY) throw usageFailure(`${question} Nobody is there to say so`, { fix: 'add --yes' })
  const answer = await withPrompt(signal, ask => ask(`${question} [y/N] `))
  if (!/^y(es)?$/i.test(answer?.trim() ?? ''))
    throw new Failure('Nothing was done: the answer was no', { exit: EXIT.no })
}

/** Asks a person for values, one after the other. @throws Failure at the end of input */
export function askFor(questions: readonly Question[], signal: AbortSignal): Promise<string[]> {
  return withPrompt(signal, async ask => {
    const answers: string[] = []
    for (const question of questions) answers.push(await answerTo(question, ask))
    return answers
  })
}

/** Undefined at the end of input. */
type Ask = (question: string) => Promise<string | undefined>

async function answerTo({ what, example, faultOf }: Question, ask: Ask): Promise<string> {
  for (;;) {
    const typed = await ask(`${what} [${example}]: `)
    if (typed === undefined) throw new Failure('Nothing was done: the question was not answered', { exit: EXIT.no })
    const answer = typed.trim() || example
    const fault = faultOf(answer)
    if (fault === undefined) return answer
    process.stderr.write(`${harmless(`${JSON.stringify(answer)} ${fault}`)}\n`)
  }
}

async function withPrompt<T>(signal: AbortSignal, talk: (ask: Ask) => Promise<T>): Promise<T> {
  // As a terminal, the interface would take Ctrl-C for itself.
  const prompt = createInterface({ input: process.stdin, output: process.stderr, terminal: false })
  const left = once(prompt, 'close').then(() => undefined)
  try {
    return await talk(question => Promise.race([prompt.question(question, { signal }), left]))
  } finally {
    prompt.close()
  }
}
