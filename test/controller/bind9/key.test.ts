import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { KeyError, keyName, parseKeyStatement, tsigKey, weaknessOf } from '../../../controller/src/bind9/key.ts'

const secret = Buffer.alloc(32, 7).toString('base64')

describe('tsigKey()', () => {
  test('takes name, algorithm and secret as BIND writes them', () => {
    const key = tsigKey({ name: 'Bindy.Example.', algorithm: 'HMAC-SHA256', secret: `${secret}\n` })
    expect([key.name, key.algorithm, key.secret.export()]).toEqual([
      'bindy.example',
      'hmac-sha256',
      Buffer.alloc(32, 7),
    ])
  })

  test('never shows its secret', () => {
    const key = tsigKey({ name: 'bindy', algorithm: 'hmac-sha512', secret })
    const shown = [`${key}`, JSON.stringify({ key }), inspect({ key }), inspect(key, { depth: 9, showHidden: true })]
    expect(shown).toEqual([
      'bindy (hmac-sha512)',
      '{"key":"bindy (hmac-sha512)"}',
      '{ key: bindy (hmac-sha512) }',
      'bindy (hmac-sha512)',
    ])
  })

  test.each([
    ['an empty name', { name: '' }, 'as the name of a key'],
    ['a name with quotes', { name: 'a"b' }, 'as the name of a key'],
    ['hmac-md5', { algorithm: 'hmac-md5.sig-alg.reg.int.' }, 'MD5 is too weak'],
    ['an unknown algorithm', { algorithm: 'sha256' }, 'known are hmac-sha1, '],
    ['no secret', { secret: ' \n' }, 'it is empty'],
    ['a secret that is no base64', { secret: 'pass-word!' }, 'it is not base64'],
    ['a secret cut short', { secret: 'AAAAA' }, 'it is not base64'],
  ])('refuses %s', (_, change, message) => {
    expect(() => tsigKey({ name: 'bindy', algorithm: 'hmac-sha256', secret, ...change })).toThrow(KeyError)
    expect(() => tsigKey({ name: 'bindy', algorithm: 'hmac-sha256', secret, ...change })).toThrow(message)
  })

  test('does not repeat a wrong secret', () => {
    const wrong = () => tsigKey({ name: 'bindy', algorithm: 'hmac-sha256', secret: 'my-own-pass-word' })
    expect(wrong).toThrow(expect.objectContaining({ message: expect.not.stringContaining('pass-word') }))
  })
})

describe('parseKeyStatement()', () => {
  test.each([
    `key "bindy" {\n\talgorithm hmac-sha256;\n\tsecret "${secret}";\n};\n`,
    `# made by rndc-confgen\nkey bindy { secret "${secret}"; /* old */ algorithm "hmac-sha256"; }; // end`,
  ])('reads %j', text => {
    const key = parseKeyStatement(text)
    expect([key.name, key.algorithm, key.secret.export()]).toEqual(['bindy', 'hmac-sha256', Buffer.alloc(32, 7)])
  })

  test.each([
    ['nothing', '', 'holds no key statement'],
    ['two keys', `key a { algorithm hmac-sha1; secret "${secret}"; }; key b { };`, '2 statements'],
    ['another statement', 'options { directory "/"; };', 'the statement should be key'],
    ['no algorithm', `key a { secret "${secret}"; };`, 'one "algorithm" is wanted, 0 found'],
    ['two secrets', `key a { algorithm hmac-sha1; secret "x"; secret "y"; };`, 'one "secret" is wanted, 2 found'],
    ['broken text', `key a { secret "${secret}`, 'not in the syntax of named.conf'],
    ['plain base64', secret, 'not in the syntax of named.conf'],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseKeyStatement(text)).toThrow(KeyError)
    expect(() => parseKeyStatement(text)).toThrow(message)
  })

  test('does not repeat what it cannot read, which may be a secret', () => {
    try {
      parseKeyStatement(`key a { algorithm hmac-sha1; secret ${secret} }`)
      throw new Error('it read that')
    } catch (error) {
      expect(inspect(error)).not.toContain(secret.slice(0, 10))
    }
  })
})

test('keyName() refuses a label of 64 octets', () => {
  expect(keyName(`${'a'.repeat(63)}.b`)).toBe(`${'a'.repeat(63)}.b`)
  expect(() => keyName(`${'a'.repeat(64)}.b`)).toThrow(KeyError)
})

test('a secret in the field of the name, or of the algorithm, is not said again', () => {
  const secret = 'b3VyIHNlY3JldCwgYW5kIG5vYm9keSBlbHNlIHM='
  const swapped = [
    { name: secret, algorithm: 'hmac-sha256', secret: 'bindy' },
    { name: 'bindy', algorithm: secret, secret: 'hmac-sha256' },
  ]
  for (const parts of swapped) {
    expect(() => tsigKey(parts)).toThrow(KeyError)
    expect(() => tsigKey(parts)).not.toThrow(expect.objectContaining({ message: expect.stringContaining(secret) }))
  }
})

describe('weaknessOf()', () => {
  test.each([
    ['hmac-sha256', 16, undefined],
    ['hmac-sha224', 32, undefined],
    ['hmac-sha256', 15, 'its secret has 120 bits'],
    ['hmac-sha1', 32, 'SHA-1 is not recommended'],
  ])('of %s with %d octets is %s', (algorithm, octets, why) => {
    expect(weaknessOf(tsigKey({ name: 'bindy', algorithm, secret: Buffer.alloc(octets, 7).toString('base64') }))).toBe(
      why,
    )
  })
})
