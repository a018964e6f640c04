import { expect, test } from '@jest/globals'
import { ruleBroken } from '../../../controller/src/reconcile/zone/rulebook.ts'
import { record, zone } from './objects.ts'

test('ruleBroken() says nothing of what is right', () => {
  expect(ruleBroken(zone())).toBeUndefined()
  expect(ruleBroken(record('ARecord', 'www', { ipv4Address: '192.0.2.1' }))).toBeUndefined()
})

test('ruleBroken() names all that is wrong', () => {
  const { reason, message } = ruleBroken(zone({ soaRecord: { refresh: 600, retry: 900, expire: 700 } })) ?? {}
  expect(reason).toBe('RuleBroken')
  expect(message).toMatch(
    /^Served, though spec\.soaRecord\.retry: .+ \[BND-R035\]; spec\.soaRecord\.expire: .+ \[BND-R036\]$/,
  )
})
