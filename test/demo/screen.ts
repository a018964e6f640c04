import { type Answer, isSame } from './answers.ts'

/** A line for each different answer to a question: who gave it, and whether it is the one that the sample wants. */
export function answerTable(answers: readonly Answer[], width = Number.POSITIVE_INFINITY): string {
  const questions = [...new Set(answers.map(({ question }) => question))]
  const rows = questions.flatMap(question => rowsOf(answers.filter(answer => answer.question === question)))
  const lines = [['', 'ASKED', 'SERVER', 'ANSWER'], ...rows]
  const widths = [0, 1, 2].map(column => Math.max(...lines.map(line => line[column]?.length ?? 0)))
  return lines.map(line => cut(line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '), width)).join('\n')
}

/** The servers' answers together where they are the same, else one by one. */
function rowsOf(answers: readonly Answer[]): string[][] {
  const [first] = answers
  if (!first) return []
  const agree = answers.every(answer => isSame(answer, first))
  const areAllRight = answers.every(({ isRight }) => isRight)
  const groups = agree ? [answers] : answers.map(answer => [answer])
  return groups.map(([answer, ...others], i) => {
    const { question, isRight, server } = answer as Answer
    const asked = i === 0 ? `${question.name} ${question.type}` : ''
    const servers = [server, ...others.map(other => other.server)].join(' ')
    return [isRight && agree === areAllRight ? 'ok' : 'no', asked, servers, answerText(answer as Answer)]
  })
}

/** What stands in the table for an answer: an SOA by its MNAME and serial, for the rest of it does not fit. */
export function answerText({ question, rdata, status }: Answer): string {
  if (rdata.length === 0) return status === 'NOERROR' ? 'no such record' : status
  if (question.type !== 'SOA') return rdata.join(', ')
  const [mname, , serial] = (rdata[0] as string).split(' ')
  return `${mname} serial ${serial}`
}

function cut(line: string, width: number): string {
  const text = line.trimEnd()
  return text.length > width ? `${text.slice(0, width - 1)}…` : text
}

/** Says what is being done and, once it is done, since when the demo runs: one line each on stderr. */
export class Progress {
  readonly #beganMs = Date.now()
  #timer: NodeJS.Timeout | undefined

  get #elapsed(): string {
    return `${((Date.now() - this.#beganMs) / 1000).toFixed(1).padStart(6)} s`
  }

  /** Tells that `what` is done, with the time until here. */
  done(what: string): void {
    this.#clear()
    process.stderr.write(`${this.#elapsed}  ${what}\n`)
  }

  /** Shows on a terminal that `what` goes on while `work` does; afterwards what `work` says of it, or `what` again. */
  async during<T>(what: string, work: () => Promise<T>): Promise<T> {
    const show = () => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${this.#elapsed}  ${what} ...`)
    show()
    this.#timer = setInterval(show, 100)
    try {
      return await work()
    } finally {
      this.#clear()
    }
  }

  #clear(): void {
    if (this.#timer && process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
