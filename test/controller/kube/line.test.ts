import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readLines } from '../../../controller/src/kube/line.ts'
import { collect } from './fake.ts'

async function* pieces(octets: Buffer, cuts: readonly number[]) {
  let start = 0
  for (const end of [...cuts].sort((a, b) => a - b)) {
    yield octets.subarray(start, end)
    start = end
  }
  yield octets.subarray(start)
}

test('readLines() finds the same lines however the stream is cut', async () => {
  const text = fc.array(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).filter(line => !line.includes('\n')),
    { maxLength: 6 },
  )
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(60)), async (lines, cuts) => {
      const octets = Buffer.from(lines.map(line => `${line}\n`).join(''))
      const inside = cuts.filter(cut => cut <= octets.length)
      expect(await collect(readLines(pieces(octets, inside), 10_000))).toEqual(
        lines.map(line => Buffer.from(line).toString()),
      )
    }),
  )
})

test('readLines() drops what follows the last line feed', async () => {
  expect(await collect(readLines(pieces(Buffer.from('{"a":1}\n{"b"'), [3]), 100))).toEqual(['{"a":1}'])
})

test('readLines() fails on a line over the limit before it ends', async () => {
  async function* endless() {
    for (;;) yield Buffer.alloc(64, 97)
  }
  await expect(collect(readLines(endless(), 1000))).rejects.toThrow('Cannot read a line of over 1000 octets')
})
