import { expect, test } from '@jest/globals'
import { setCondition } from '#kube'

const nowMs = Date.parse('2024-01-02T00:00:00.500Z')
const earlier = '2024-01-01T00:00:00Z'
const claim = { type: 'Ready', reason: 'Served', message: 'Served by 2 primaries', observedGeneration: 2 } as const
const other = { ...claim, type: 'Synced', status: 'True', lastTransitionTime: earlier } as const

test('setCondition() adds a condition with the time', () => {
  expect(setCondition(undefined, { ...claim, status: 'True' }, nowMs)).toEqual([
    { ...claim, status: 'True', lastTransitionTime: '2024-01-02T00:00:00Z' },
  ])
})

test('setCondition() keeps the time and the place when the status stays, and leaves the others alone', () => {
  const old = { ...claim, status: 'True', message: 'Served by 1', lastTransitionTime: earlier } as const
  expect(setCondition([old, other], { ...claim, status: 'True' }, nowMs)).toEqual([
    { ...claim, status: 'True', lastTransitionTime: earlier },
    other,
  ])
})

test('setCondition() sets the time when the status changes', () => {
  const old = { ...claim, status: 'True', lastTransitionTime: earlier } as const
  expect(setCondition([old], { ...claim, status: 'False' }, nowMs)[0]?.lastTransitionTime).toBe('2024-01-02T00:00:00Z')
})

test('setCondition() cuts a message that the schema would refuse', () => {
  const [condition] = setCondition(undefined, { ...claim, status: 'True', message: 'm'.repeat(3000) }, nowMs)
  expect(condition?.message).toHaveLength(2048)
})
