import { expect, test } from '@jest/globals'
import { Terminal } from '../../../plugin/src/screen/terminal.ts'
import { Viewer, viewPrinter } from '../../../plugin/src/screen/viewer.ts'
import { FakeScreen } from './fakescreen.ts'

const lines = Array.from({ length: 12 }, (_, i) => `line ${i + 1}`)
const view = { page: () => lines, line: () => 'a line', data: () => ({ lines }), names: () => ['a', 'b'] }

test('Viewer shows of a page what fits the terminal and how much does not, and leaves the whole page', () => {
  const screen = new FakeScreen(80, 10)
  const viewer = new Viewer(new Terminal(screen, { LANG: 'C' }), screen.write)
  viewer.show(view)
  expect(screen.shown).toEqual([...lines.slice(0, 8), '.. 4 more lines'])
  viewer.end()
  expect(screen.all).toEqual(lines)
})

test('Viewer leaves alone what it has written for a program', async () => {
  const screen = new FakeScreen(80, 10)
  const viewer = new Viewer(new Terminal(screen, {}), screen.write, await viewPrinter('json'))
  viewer.show(view)
  viewer.end()
  expect(screen.all).toEqual([JSON.stringify({ lines })])
})

test('Viewer names the objects of a view once, and again when they are others', async () => {
  const screen = new FakeScreen(80, 10)
  const viewer = new Viewer(new Terminal(screen, {}), screen.write, await viewPrinter('name'))
  for (const names of [['a', 'b'], ['a', 'b'], ['a']]) viewer.show({ ...view, names: () => names })
  expect(screen.all).toEqual(['a', 'b', 'a'])
})
