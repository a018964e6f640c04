import { expect, test } from '@jest/globals'
import type { Include } from '#crds'
import { faultsOf, linesOf, parse } from './zonetext.ts'

const files =
  (texts: Record<string, string>): Include =>
  name => {
    const text = texts[name]
    return text === undefined ? `there is no file ${name}` : { file: name, text }
  }

test('$INCLUDE reads a file in its own origin, and leaves the origin and the owner name of this one as they are', () => {
  const include = files({ other: 'b A 192.0.2.2\n$ORIGIN elsewhere.\nc A 192.0.2.3\n' })
  const file = parse('$TTL 1\na A 192.0.2.1\n$INCLUDE other sub\n  A 192.0.2.4\nd A 192.0.2.5', { include })
  expect(faultsOf(file)).toEqual([])
  expect(linesOf(file)).toEqual([
    'a.example.com. 1 1 192.0.2.1',
    'b.sub.example.com. 1 1 192.0.2.2',
    'c.elsewhere. 1 1 192.0.2.3',
    'a.example.com. 1 1 192.0.2.4',
    'd.example.com. 1 1 192.0.2.5',
  ])
})

test('$INCLUDE tells of faults where they stand', () => {
  const include = files({ other: '\nb A x' })
  const file = parse('$TTL 1\n$INCLUDE other\n$INCLUDE missing', { include })
  expect(faultsOf(file)).toEqual([
    'other:2:5: Cannot encode A ipv4Address: "x" is not an IPv4 address',
    'zone:3:10: there is no file missing',
  ])
})

test('files that include one another end at a depth', () => {
  const file = parse('$INCLUDE a', { include: files({ a: '$INCLUDE b', b: '$INCLUDE a' }) })
  expect(faultsOf(file)).toEqual(['a:1:10: "b" lies too deep: 8 files include one another already'])
})

test('files that include one another twice each end at a limit', () => {
  const include = files({ a: `${';'.repeat(1000)}\n$INCLUDE a\n$INCLUDE a` })
  const file = parse('$INCLUDE a', { include, limits: { characters: 50_000, depth: 1000 } })
  expect(faultsOf(file).at(-1)).toContain('more than 50000 characters in all: nothing is read beyond')
  expect(file.isCutShort).toBe(true)
})
