import { expect, test } from '@jest/globals'
import { Terminal } from '../../../plugin/src/screen/terminal.ts'
import type { Attention } from '../../../plugin/src/status/attention.ts'
import { printAttention } from '../../../plugin/src/status/printattention.ts'

const terminal = new Terminal({}, { LANG: 'C.UTF-8' })
const lines = (message: string) => {
  const one: Attention = { mark: 'bad', subject: 'a.test', message, command: 'kubectl bindy query', isLasting: true }
  return printAttention([one], terminal, { limit: 1, more: '', nowMs: 0 })
}

test('a command that a message ends in stands whole on a line of its own', () => {
  const command = `kubectl annotate dnszone a -n dns --overwrite bindy.firestoned.io/allow-withdrawal=${'0'.repeat(64)}`
  expect(lines(`MassWithdrawal: 9 of 10 records would leave at once: ${command}`).slice(1)).toEqual([
    '  ✖ a.test',
    '      MassWithdrawal: 9 of 10 records would leave at once',
    `      ${command}`,
  ])
})

test('without one, the command that shows more does', () => {
  expect(lines('NotServed: no: nobody knows why').slice(2)).toEqual([
    '      NotServed: no: nobody knows why',
    '      kubectl bindy query',
  ])
})
