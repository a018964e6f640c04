import { describe, expect, test } from '@jest/globals'
import { admitsNamespace, type DNSZone, deletionPolicy, isPaused, recordPolicy, unmanagedBy } from '#crds'
import { zone } from '../controller/reconcile/objects.ts'

const A = 1
const TXT = 16

describe('unmanagedBy()', () => {
  const table: [name: string, owner: string, matches: boolean][] = [
    ['www', 'www.example.com.', true],
    ['WWW', 'www.example.com.', true],
    ['www.example.com.', 'www.example.com.', true],
    ['www', 'www.www.example.com.', false],
    ['www', 'xwww.example.com.', false],
    ['@', 'example.com.', true],
    ['@', 'www.example.com.', false],
    ['*', 'www.example.com.', true],
    ['*', 'a.b.example.com.', true],
    ['*', 'example.com.', false],
    ['_acme-challenge.*', '_acme-challenge.www.example.com.', true],
    ['_acme-challenge.*', '_acme-challenge.example.com.', false],
    ['_acme-challenge*', '_acme-challenge.example.com.', true],
    ['*.dyn', 'a.dyn.example.com.', true],
    ['*.dyn', 'dyn.example.com.', false],
    ['a*b*c', 'axbxc.example.com.', true],
    ['a*b*c', 'axcxb.example.com.', false],
    ['a*a', 'a.example.com.', false],
  ]
  test.each(table)('%s and %s: %s', (name, owner, matches) => {
    expect(unmanagedBy(zone({ unmanaged: [{ name }] }))(owner, A)).toBe(matches)
  })

  test('minds the types that are given', () => {
    const isUnmanaged = unmanagedBy(zone({ unmanaged: [{ name: '_acme-challenge*', types: ['TXT'] }] }))
    expect(isUnmanaged('_acme-challenge.example.com.', TXT)).toBe(true)
    expect(isUnmanaged('_acme-challenge.example.com.', A)).toBe(false)
  })

  test('reads a pattern of many stars in no time', () => {
    const isUnmanaged = unmanagedBy(zone({ unmanaged: [{ name: `${'*a'.repeat(120)}b` }] }))
    expect(isUnmanaged(`${'a'.repeat(60)}.${'a'.repeat(60)}.${'a'.repeat(60)}.example.com.`, A)).toBe(false)
  })
})

test('an adopted zone is owned and retained until it says otherwise', () => {
  const policies = (one: DNSZone) => [recordPolicy(one), deletionPolicy(one)]
  expect(policies(zone())).toEqual(['exclusive', 'delete'])
  expect(policies(zone({ adopt: true }))).toEqual(['owned', 'retain'])
  expect(policies(zone({ adopt: true, recordPolicy: 'exclusive', deletionPolicy: 'delete' }))).toEqual([
    'exclusive',
    'delete',
  ])
})

test('admitsNamespace() takes the own namespace and those allowed', () => {
  const own = zone().metadata.namespace
  const admits = (allowedNamespaces: string[] | undefined, namespace: string) =>
    admitsNamespace(zone({ ...(allowedNamespaces && { allowedNamespaces }) }), namespace)
  expect(admits(undefined, own)).toBe(true)
  expect(admits(undefined, 'team-a')).toBe(false)
  expect(admits(['team-a'], 'team-a')).toBe(true)
  expect(admits(['team-a'], 'team-b')).toBe(false)
  expect(admits(['*'], 'team-b')).toBe(true)
})

test('isPaused() wants the word "true"', () => {
  const annotated = (value: string) => {
    const one = zone()
    return { ...one, metadata: { ...one.metadata, annotations: { 'bindy.firestoned.io/paused': value } } }
  }
  expect(isPaused(annotated('true'))).toBe(true)
  expect(isPaused(annotated('false'))).toBe(false)
  expect(isPaused(zone())).toBe(false)
})
