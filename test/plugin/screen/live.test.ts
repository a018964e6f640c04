import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { LiveLines } from '../../../plugin/src/screen/live.ts'
import { Terminal } from '../../../plugin/src/screen/terminal.ts'
import { FakeScreen } from './fakescreen.ts'

beforeAll(() => void jest.useFakeTimers())
afterAll(() => void jest.useRealTimers())

function begin(columns: number, rows: number) {
  const screen = new FakeScreen(columns, rows)
  const live = new LiveLines(new Terminal(screen, { LANG: 'C.UTF-8' }), screen.write)
  screen.write('$ \n')
  const show = (lines: readonly string[]) => {
    live.show(lines)
    jest.advanceTimersByTime(200)
  }
  return { screen, live, show }
}

describe('LiveLines', () => {
  test('shows lines in place of those before, at most five times a second', () => {
    const { screen, live, show } = begin(20, 10)
    show(['one', 'two'])
    show(['three'])
    live.show(['four'])
    live.show(['five'])
    expect(screen.shown).toEqual(['$ ', 'four'])
    jest.advanceTimersByTime(200)
    expect(screen.shown).toEqual(['$ ', 'five'])
  })

  test('has what else is written stand above, and goes on below', () => {
    const { screen, live, show } = begin(20, 10)
    live.above(() => screen.write('first\n'))
    show(['one', 'two'])
    live.above(() => screen.write('a warning in\ntwo lines\n'))
    expect(screen.shown).toEqual(['$ ', 'first', 'a warning in', 'two lines', 'one', 'two'])
    show(['three'])
    live.end()
    live.above(() => screen.write('last\n'))
    expect(screen.shown).toEqual(['$ ', 'first', 'a warning in', 'two lines', 'three', 'last'])
  })

  test('leaves nothing over of lines that a narrower terminal shows in several rows', () => {
    const { screen, show } = begin(20, 10)
    show(['one two three four', 'five six seven'])
    screen.columns = 10
    expect(screen.shown).toEqual(['$ ', 'one two th', 'ree four', 'five six s', 'even'])
    show(['one two three four', 'five'])
    expect(screen.shown).toEqual(['$ ', 'one two t…', 'five'])
    screen.columns = 30
    show(['one two three four', 'six'])
    expect(screen.shown).toEqual(['$ ', 'one two three four', 'six'])
  })
  test('says how many lines have no room, and shows all of them at the end', () => {
    const { screen, live, show } = begin(15, 4)
    const lines = ['one', 'two', 'a line that is long', 'four']
    show(lines)
    expect(screen.shown).toEqual(['one', 'two', '… 2 more lines'])
    show(lines.slice(0, 3))
    expect(screen.shown).toEqual(['one', 'two', 'a line that is…'])
    live.show(lines)
    live.end()
    screen.write('Next\n')
    expect(screen.all).toEqual(['$ ', ...lines, 'Next'])
  })
  test('leaves nothing to scroll back to of a page that filled the screen', () => {
    const { screen, live, show } = begin(20, 3)
    show(['one', 'two'])
    show(['three', 'four'])
    live.end()
    expect(screen.all).toEqual(['$ ', 'three', 'four'])
  })
})
