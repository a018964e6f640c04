import { describe, expect, test } from '@jest/globals'
import { Brake } from '../../../controller/src/reconcile/zone/brake.ts'
import type { NodeChange } from '../../../controller/src/reconcile/zone/plan.ts'

const A = 1

function loses(...names: string[]): NodeChange[] {
  return names.map(name => ({
    owner: `${name}.example.com.`,
    steps: [{ kind: 'delete', type: A, ttl: 0, rdata: 'x' }],
  }))
}

const replaced: NodeChange = {
  owner: 'www.example.com.',
  steps: [
    { kind: 'delete', type: A, ttl: 0, rdata: 'x' },
    { kind: 'add', type: A, ttl: 60, rdata: 'y' },
  ],
}

/** A brake with a clock that the test sets, over a zone of so many records. */
function brakeOver(records: number) {
  const brake = new Brake()
  return (nowMs: number, changes: readonly NodeChange[], allowed?: string) =>
    brake.sort(changes, { records: () => records, nowMs, allowed })
}

describe('Brake', () => {
  test('lets a third of a zone wait, and the rest of a plan go', () => {
    const sort = brakeOver(10)
    const { free, held } = sort(0, [...loses('a', 'b', 'c', 'd'), replaced])
    expect(free).toEqual([replaced])
    expect(held).toMatchObject({ leaving: 4, of: 10, changes: loses('a', 'b', 'c', 'd') })
    expect(held?.such).toBe('a.example.com. A, b.example.com. A, c.example.com. A and 1 more')
  })

  test('lets three tenths go, any part of a small zone, and what is replaced', () => {
    expect(brakeOver(10)(0, loses('a', 'b', 'c')).held).toBeUndefined()
    expect(brakeOver(9)(0, loses('a', 'b', 'c', 'd', 'e')).held).toBeUndefined()
    expect(brakeOver(10)(0, Array(9).fill(replaced)).held).toBeUndefined()
  })

  test('adds up what leaves in passes that follow each other closely, and not what leaves slowly', () => {
    const fast = brakeOver(10)
    const slow = brakeOver(10)
    expect(['a', 'b', 'c', 'd'].map((name, i) => fast(i * 15, loses(name)).held !== undefined)).toEqual([
      false,
      false,
      false,
      true,
    ])
    expect(['a', 'b', 'c', 'd'].map((name, i) => slow(i * 25, loses(name)).held)).toEqual(Array(4).fill(undefined))
  })

  test('counts the pause from the end of a withdrawal, however long that took', () => {
    const brake = new Brake()
    const held = ['a', 'b', 'c', 'd'].map((name, i) => {
      const { held } = brake.sort(loses(name), { records: () => 10, nowMs: i * 500, allowed: undefined })
      brake.ended(i * 500 + 490)
      return held !== undefined
    })
    expect(held).toEqual([false, false, false, true])
  })

  test('goes on holding however long it takes, until the plan is allowed', () => {
    const sort = brakeOver(10)
    for (const [i, name] of ['a', 'b', 'c'].entries()) sort(i * 10, loses(name))
    const { held } = sort(30, loses('d'))
    expect(sort(60_000, loses('d')).held).toEqual(held)
    expect(sort(60_001, loses('d'), held?.digest).held).toBeUndefined()
    expect(sort(60_002, loses('e')).held).toBeUndefined()
  })

  test('holds on another server what a burst left waiting, under the same name', () => {
    const brake = new Brake()
    for (const [i, name] of ['a', 'b', 'c'].entries())
      brake.sort(loses(name), { records: () => 10, nowMs: i, allowed: undefined })
    const { held } = brake.sort(loses('d'), { records: () => 7, nowMs: 3, allowed: undefined })
    expect(held).toMatchObject({ leaving: 1, of: 10 })
    const later = { records: () => 7, nowMs: 60_000, allowed: undefined }
    expect(brake.copy().sort(loses('d'), later).held).toEqual(held)
    expect(new Brake().sort(loses('d'), later).held).toBeUndefined()
  })

  test('takes the name of one plan for no other', () => {
    const sort = brakeOver(10)
    const digest = sort(0, loses('a', 'b', 'c', 'd')).held?.digest
    expect(sort(1, loses('a', 'b', 'c', 'e'), digest).held).toBeDefined()
    expect(sort(2, loses('a', 'b', 'c', 'd', 'e'), digest).held).toBeDefined()
    expect(sort(3, loses('d', 'c', 'b', 'a'), digest).held).toBeUndefined()
  })

  test('is free again when nothing is to leave any more', () => {
    const sort = brakeOver(10)
    sort(0, loses('a', 'b', 'c', 'd'))
    expect(sort(1_000, []).held).toBeUndefined()
    expect(sort(2_000, loses('a')).held).toBeUndefined()
  })
})
