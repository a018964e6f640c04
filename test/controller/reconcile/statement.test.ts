import { describe, expect, test } from '@jest/globals'
import { isOurs, mayDelete, newFile } from '../../../controller/src/reconcile/zone/statement.ts'

const uid = '8c1ab7e2-5f0d-4b52-b27b-9b6f6e3f0a11'
const other = '00000000-5f0d-4b52-b27b-9b6f6e3f0a11'

describe('newFile()', () => {
  test.each([
    ['example.com.', /^bindy-example\.com\.8c1ab7e2-[0-9a-f-]{27}\.[0-9a-f]{8}\.db$/],
    ['0/26.2.0.192.in-addr.arpa.', /^bindy-0_26\.2\.0\.192\.in-addr\.arpa\./],
    ['..\\047etc.', /^bindy-\.\._047etc\./],
  ])('names the zone %s in plain characters, and the object', (name, pattern) => {
    expect(newFile({ name, uid })).toMatch(pattern)
  })

  test('stays a short name in one directory, however long the zone and odd its labels', () => {
    const file = newFile({ name: `${'a"/\\'.repeat(60)}.`, uid })
    expect(file).toMatch(/^[a-z0-9._-]+$/)
    expect(file.length).toBeLessThan(200)
  })

  test('gives no name twice', () => {
    expect(newFile({ name: 'example.com.', uid })).not.toBe(newFile({ name: 'example.com.', uid }))
  })
})

describe('isOurs()', () => {
  test('knows the files of the object, and of no other', () => {
    const zone = { name: 'example.com.', uid }
    expect(isOurs(zone, { file: newFile(zone) })).toBe(true)
    expect(isOurs(zone, { file: newFile({ ...zone, uid: other }) })).toBe(false)
    expect(isOurs(zone, { file: 'db.example.com' })).toBe(false)
    expect(isOurs(zone, { file: `db.${uid}` })).toBe(false)
    expect(isOurs(zone, { file: `db.example.com.${uid}.db` })).toBe(false)
    expect(isOurs(zone, { file: undefined })).toBe(false)
  })
})

describe('mayDelete()', () => {
  const ours = { file: newFile({ name: 'example.com.', uid }) }
  const theirs = { file: 'db.example.com' }

  test.each([
    ['a zone of ours', undefined, ours, true, true],
    ['a zone of ours that was never seen', undefined, ours, false, true],
    ['a zone of others', undefined, theirs, true, false],
    ['what was made for a zone that is to be retained', 'retain', ours, true, true],
    ['an adopted zone that is to be retained', 'retain', theirs, true, false],
    ['an adopted zone that is to be deleted', 'delete', theirs, true, true],
    ['a zone that was to be adopted, and never was', 'delete', theirs, false, false],
  ] as const)('of %s', (_, adopts, shown, isSeen, expected) => {
    expect(mayDelete({ name: 'example.com.', uid, adopts }, shown, { isSeen })).toBe(expected)
  })
})
