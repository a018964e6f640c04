import { createInterface } from 'node:readline/promises'
import { Interrupted, usageFailure } from './failure.ts'

/** Asks a person whether to go on. @throws Failure where nobody is there, or the answer is no */
export async function askToGoOn(question: string, signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY) throw usageFailure(`${question} Nobody is there to say so`, { fix: 'add --yes' })
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal })
    if (!/^y(es)?$/i.test(answer.trim())) throw new Interrupted()
  } finally {
    prompt.close()
  }
}
