import type { RunningNamed } from '../cluster/index.ts'
import type { Question } from './samples.ts'

type Server = Pick<RunningNamed, 'name' | 'dig'>

/** What one server answered to one question. */
export interface Answer {
  readonly question: Question
  readonly server: string
  /** The rdata of each record, sorted; none when the server has none to give. */
  readonly rdata: readonly string[]
  /** What `dig` says in place of records: "NXDOMAIN", "no answer". */
  readonly status: string
  readonly isRight: boolean
}

/** Asks a server all the questions, with one `dig`. */
export async function ask(server: Server, questions: readonly Question[]): Promise<Answer[]> {
  const shown = ['+noall', '+comments', '+question', '+answer', '+authority', '+nosplit']
  const tuples = questions.flatMap(({ name, type }) => [name, type])
  const text = await server.dig(...shown, ...tuples).catch(() => '') // dig fails when one question got no answer
  const replies = new Map(text.split(/^;; Got answer:/m).map(reply => [questionOf(reply), reply]))
  return questions.map(question => {
    const reply = replies.get(`${question.name} ${question.type}`)
    const rdata = reply ? rdataOf(reply, question) : []
    const status = (reply && /status: (\w+)/.exec(reply)?.[1]) ?? 'no answer'
    const isRight = question.wanted.every(wanted => rdata.some(has => isLike(has, wanted)))
    return { question, server: server.name, rdata, status, isRight }
  })
}

/** Whether every answer is right, and the servers agree on each. */
export function isServed(answers: readonly Answer[]): boolean {
  const first = (question: Question) => answers.find(answer => answer.question === question) as Answer
  return answers.every(answer => answer.isRight && isSame(answer, first(answer.question)))
}

/** Whether two servers answered the same, serials too. */
export function isSame(a: Answer, b: Answer): boolean {
  return a.status === b.status && a.rdata.join('\n') === b.rdata.join('\n')
}

// ;www.example.com.		IN	A
function questionOf(reply: string): string {
  const [, name, type] = /^;(\S+)\s+IN\s+(\S+)$/m.exec(reply) ?? []
  return `${name} ${type}`
}

// A delegation is answered in the authority section (RFC 1034 section 4.3.2).
function rdataOf(reply: string, { name, type }: Question): string[] {
  const lines = reply.split('\n').filter(line => !line.startsWith(';'))
  const records = lines.map(line => /^(\S+)\s+\d+\s+IN\s+(\S+)\s+(.*)$/.exec(line) ?? [])
  return records.flatMap(([, owner, of, rdata]) => (owner === name && of === type && rdata ? [rdata] : [])).sort()
}

function isLike(rdata: string, wanted: string): boolean {
  return wanted.endsWith('…') ? rdata.startsWith(wanted.slice(0, -1)) : rdata === wanted
}
