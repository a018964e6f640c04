import { expect, test } from '@jest/globals'
import { recordTypes } from '#crds'
import { type Answer, ask, isServed } from './answers.ts'
import { presentation, type Question } from './samples.ts'
import { answerTable } from './screen.ts'

const a: Question = { object: 'ARecord www', name: 'www.example.com.', type: 'A', wanted: ['192.0.2.10'] }
const soa: Question = { object: 'DNSZone z', name: 'example.com.', type: 'SOA', wanted: ['ns1. admin. …'] }

const answer = (question: Question, server: string, rdata: string[], isRight = true, status = 'NOERROR'): Answer => ({
  question,
  server,
  rdata,
  status,
  isRight,
})

test.each(recordTypes)('presentation() prints the example of $type as dig does', entry => {
  expect(presentation(entry, entry.example.spec)).toBe(entry.example.text)
})

test('ask() reads answers, delegations, refusals, and questions that nobody answered', async () => {
  const ns: Question = { object: 'NSRecord lab', name: 'lab.example.com.', type: 'NS', wanted: ['ns1.example.net.'] }
  const lost: Question = { object: 'ARecord lost', name: 'lost.example.com.', type: 'A', wanted: ['192.0.2.1'] }
  const refused: Question = { object: 'ARecord far', name: 'far.test.', type: 'A', wanted: ['192.0.2.1'] }
  const reply = (status: string, question: string, ...records: string[]) =>
    `;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${status}, id: 1\n;; QUESTION SECTION:\n;${question}\n\n${records.join('\n')}\n`
  const text = [
    reply('NOERROR', 'www.example.com.\t\tIN\tA', 'www.example.com.\t3600\tIN\tA\t192.0.2.10'),
    reply('NOERROR', 'lab.example.com.\t\tIN\tNS', 'lab.example.com.\t3600\tIN\tNS\tns1.example.net.'),
    ';; communications error to 127.0.0.1#53: timed out\n',
    reply('REFUSED', 'far.test.\t\tIN\tA'),
  ].join('\n')
  const server = { name: 'ns1', dig: async () => text }
  expect(await ask(server, [a, ns, lost, refused])).toEqual([
    answer(a, 'ns1', ['192.0.2.10']),
    answer(ns, 'ns1', ['ns1.example.net.']),
    answer(lost, 'ns1', [], false, 'no answer'),
    answer(refused, 'ns1', [], false, 'REFUSED'),
  ])
})

test('answerTable() puts servers that agree in one line, and marks the one that is wrong', () => {
  const answers = [
    answer(soa, 'ns1', ['ns1. admin. 7 1 1 1 1']),
    answer(soa, 'ns2', ['ns1. admin. 7 1 1 1 1']),
    answer(a, 'ns1', ['192.0.2.10']),
    answer(a, 'ns2', [], false, 'NXDOMAIN'),
  ]
  expect(isServed(answers)).toBe(false)
  expect(answerTable(answers)).toBe(
    `
    ASKED               SERVER   ANSWER
ok  example.com. SOA    ns1 ns2  ns1. serial 7
ok  www.example.com. A  ns1      192.0.2.10
no                      ns2      NXDOMAIN`.slice(1),
  )
})

test('answerTable() marks servers that disagree although each could be right, and fits its width', () => {
  const answers = [answer(soa, 'ns1', ['ns1. admin. 8 1 1 1 1']), answer(soa, 'ns2', ['ns1. admin. 7 1 1 1 1'])]
  expect(isServed(answers)).toBe(false)
  expect(answerTable(answers, 38)).toBe(
    `
    ASKED             SERVER  ANSWER
no  example.com. SOA  ns1     ns1. se…
no                    ns2     ns1. se…`.slice(1),
  )
})
