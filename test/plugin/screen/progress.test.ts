import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { fold } from '../../../plugin/src/screen/fold.ts'
import { Progress } from '../../../plugin/src/screen/progress.ts'
import { Terminal } from '../../../plugin/src/screen/terminal.ts'
import { FakeScreen } from './fakescreen.ts'

beforeAll(() => void jest.useFakeTimers())
afterAll(() => void jest.useRealTimers())

const before = ['✔ accepted', '✔ ns1 (serial 2026112101)', '● ns2', '● ns3']
const after = ['✔ accepted', '✔ ns1 (serial 2026112101)', '✔ ns2', '✔ ns3']

test('Progress shows every step in its place, in as many rows as they need, and how long it took', () => {
  const screen = new FakeScreen(40, 10)
  const progress = new Progress(new Terminal(screen, { LANG: 'C.UTF-8' }), screen.write)
  progress.show(before, () => '')
  expect(screen.shown).toEqual(['✔ accepted   ✔ ns1 (serial 2026112101)', '● ns2   ● ns3'])
  jest.advanceTimersByTime(900)
  progress.show(after, () => '')
  progress.end()
  expect(screen.all).toEqual(['✔ accepted   ✔ ns1 (serial 2026112101)', '✔ ns2   ✔ ns3   0.9s'])
})

test('Progress that has ended leaves what is written below it', () => {
  const screen = new FakeScreen(40, 10)
  const progress = new Progress(new Terminal(screen, { LANG: 'C.UTF-8' }), screen.write)
  progress.show(['✔ accepted'], () => '')
  progress.end()
  screen.write('Next\n')
  progress.end()
  expect(screen.all).toEqual(['✔ accepted   0.0s', 'Next'])
})

test('Progress has warnings stand above what is shown last', () => {
  const screen = new FakeScreen(40, 10)
  const progress = new Progress(new Terminal(screen, { LANG: 'C.UTF-8' }), screen.write)
  progress.show(['checking'], () => '')
  progress.end()
  progress.next().show(['writing'], () => '')
  progress.above(() => screen.write('Warning\n'))
  expect(screen.all).toEqual(['checking   0.0s', 'Warning', 'writing'])
})

test('Progress writes a dated line for each change where nobody looks on', () => {
  const written: string[] = []
  const progress = new Progress(new Terminal({}, {}), text => void written.push(text))
  for (const line of ['Loading', 'Loading', 'Healthy']) progress.show(before, () => line)
  progress.end()
  expect(written.map(text => text.replace(/^\d\d:\d\d:\d\dZ/, '12:00:00Z'))).toEqual([
    '12:00:00Z Loading\n',
    '12:00:00Z Healthy\n',
  ])
})

test.each([
  ['all in one line', ['a', 'b', 'c'], ['a   b   c']],
  ['none', [], []],
  ['a part that is longer than the line', ['a', '0123456789012', 'b'], ['a', '0123456789', '012   b']],
  ['a part twice as long', ['01234567890123456789', 'b'], ['0123456789', '0123456789', 'b']],
  ['colour, which takes no column', ['\x1b[32m012345678\x1b[39m', 'b'], ['\x1b[32m012345678\x1b[39m', 'b']],
  ['colour in a part that is broken', ['\x1b[32m0123456789ab\x1b[39m'], ['\x1b[32m0123456789', 'ab\x1b[39m']],
  ['characters of two columns', ['例え例え例え'], ['例え例え例', 'え']],
])('fold() makes lines of 10 columns: %s', (_, parts, lines) => {
  expect(fold(parts, 10)).toEqual(lines)
})
