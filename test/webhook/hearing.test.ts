import { describe, expect, test } from '@jest/globals'
import type { Finding, MayRead } from '#crds'
import { ObjectIndex } from '#crds'
import type { Scope } from '../../webhook/src/access.ts'
import { findFor } from '../../webhook/src/hearing.ts'
import type { ReviewedObject } from '../../webhook/src/review.ts'
import { validate } from '../../webhook/src/validate.ts'
import { storedSamples } from './samples.ts'

const user = { username: 'maker' }

/** What a user may read, and what was asked of it. */
function accessTo(...readable: readonly string[]) {
  const asked: string[] = []
  const mayRead = async (_user: unknown, { kind, namespace }: Scope) => {
    asked.push(`${kind} ${namespace}`)
    return readable.includes(`${kind} ${namespace}`)
  }
  return { asked, mayRead }
}

function finding(rule: string, message: string): Finding {
  const severity = rule.startsWith('BND-R') ? 'error' : 'warning'
  return { rule, severity, field: 'spec.name', reason: 'FieldValueInvalid', message }
}

describe('findFor()', () => {
  test('asks once of each kind and namespace, and says no more where nothing may be read', async () => {
    const access = accessTo()
    let times = 0
    const find = (mayRead: MayRead) => {
      times++
      for (const kind of ['ARecord', 'DNSZone', 'ARecord']) expect(mayRead(kind, 'dns')).toBe(false)
      return [finding('BND-R023', 'taken')]
    }
    expect(await findFor(user, find, access)).toEqual([finding('BND-R023', 'taken')])
    expect({ asked: access.asked, times }).toEqual({ asked: ['ARecord dns', 'DNSZone dns'], times: 1 })
  })

  test('asks on where what may be read leads to more', async () => {
    const access = accessTo('DNSZone dns', 'ARecord web')
    const find = (mayRead: MayRead) => {
      if (!mayRead('DNSZone', 'dns')) return []
      return [finding('BND-W017', mayRead('ARecord', 'web') ? 'hides 2 records' : 'hides records')]
    }
    expect(await findFor(user, find, access)).toEqual([finding('BND-W017', 'hides 2 records')])
    expect(access.asked).toEqual(['DNSZone dns', 'ARecord web'])
  })

  test('has no error come or go with what may be read', async () => {
    const find = (mayRead: MayRead) =>
      mayRead('ARecord', 'dns')
        ? [finding('BND-R023', 'dns/www has it'), finding('BND-R051', 'a circle'), finding('BND-W016', 'dns/www too')]
        : [finding('BND-R023', 'another has it'), finding('BND-R024', 'too many')]
    expect(await findFor(user, find, accessTo('ARecord dns'))).toEqual([
      finding('BND-R023', 'dns/www has it'),
      finding('BND-R024', 'too many'),
      { ...finding('BND-R051', 'a circle'), severity: 'warning' },
      finding('BND-W016', 'dns/www too'),
    ])
  })

  test('asks no more than so much for one answer', async () => {
    const access = accessTo('ARecord n0', 'ARecord n99')
    const find = (mayRead: MayRead) => {
      const known = Array.from({ length: 100 }, (_, i) => `n${i}`).filter(namespace => mayRead('ARecord', namespace))
      return [finding('BND-R044', known.join())]
    }
    expect(await findFor(user, find, access)).toEqual([finding('BND-R044', 'n0')])
    expect(access.asked).toHaveLength(32)
  })
})

describe('validate() among the samples', () => {
  const samples = storedSamples()
  const isTerminating = async () => false

  test('asks nobody what may be read where it would name nothing', async () => {
    const access = accessTo()
    for (const object of samples) {
      const others = ObjectIndex.of(samples.filter(one => one !== object))
      const name = object.metadata.name ?? ''
      const review = { uid: 'u', operation: 'CREATE', namespace: 'default', name, object, userInfo: user } as const
      expect(await validate(review, { others, isTerminating, access })).toMatchObject({ allowed: true })
    }
    expect(access.asked).toEqual([])
  })

  test('asks nobody about the deletion of a zone with its namespace', async () => {
    const zone = samples.find(({ kind }) => kind === 'DNSZone') as ReviewedObject
    const access = accessTo()
    const others = ObjectIndex.of(samples)
    const going = { uid: 'u', operation: 'DELETE', namespace: 'default', name: 'x', oldObject: zone } as const
    expect(await validate(going, { others, access, isTerminating: async () => true })).toEqual({ allowed: true })
    expect(access.asked).toEqual([])
    expect(await validate(going, { others, access, isTerminating })).toMatchObject({ allowed: false })
    expect(access.asked).toContain('ARecord default')
  })
})
