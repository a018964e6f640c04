import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { canonicalName, labelsOf, NameError, rname } from '#crds'

describe('rname()', () => {
  const table: [adminEmail: string, name: string][] = [
    ['hostmaster@example.com', 'hostmaster.example.com.'],
    ['hostmaster@example.com.', 'hostmaster.example.com.'],
    ['Hostmaster@Example.COM', 'hostmaster.example.com.'],
    ['hostmaster.example.com.', 'hostmaster.example.com.'],
    ['hostmaster.example.com', 'hostmaster.example.com.'],
    ['john.doe@example.com', String.raw`john\.doe.example.com.`],
    ['a.b.c@example.com', String.raw`a\.b\.c.example.com.`],
    [String.raw`john\.doe.example.com.`, String.raw`john\.doe.example.com.`],
    ['dns+ops@example.com', 'dns+ops.example.com.'],
  ]
  test.each(table)('of %j is %j', (adminEmail, name) => {
    expect(rname(adminEmail)).toBe(name)
  })

  test.each([
    String.raw`john\.doe@example.com`,
    String.raw`a\@example.com`,
    '@example.com',
    '@',
    '',
    'a@',
    'a@.',
    'a@@example.com',
    'a@b@example.com',
    'a b@example.com',
    'a@exa mple.com',
    'a@example..com',
    'ü@example.com',
    `${'x'.repeat(64)}@example.com`,
  ])('refuses %j', adminEmail => {
    expect(() => rname(adminEmail)).toThrow(NameError)
  })

  test('keeps a mailbox before the "@" as one label', () => {
    const atom = fc.string({ unit: fc.constantFrom('a', 'Z', '9', '-', '_', '+', '/'), minLength: 1, maxLength: 8 })
    const local = fc.array(atom, { minLength: 1, maxLength: 5 }).map(atoms => atoms.join('.'))
    fc.assert(
      fc.property(local, fc.constantFrom('example.com', 'a.b.c.', 'Example.NET'), (local, domain) => {
        const name = rname(`${local}@${domain}`)
        expect(labelsOf(name)).toEqual([local.toLowerCase(), ...labelsOf(canonicalName(domain))])
      }),
    )
  })
})
