import { describe, expect, test } from '@jest/globals'
import { BindyError } from '#crds'
import { leavingView, primaryView, secondaryView } from '../../../controller/src/reconcile/zone/serverview.ts'
import type { Supply } from '../../../controller/src/reconcile/zone/supply.ts'

const away = new BindyError('nobody there', { reason: 'Unreachable' })
const notLoaded = new BindyError('SERVFAIL', { reason: 'ZoneNotLoaded' })
const fromCatalog: Supply = { by: 'catalog', catalog: 'catalog.dns.test.', isAsked: true, isListed: true }

describe('primaryView()', () => {
  test.each([
    ['what stands against the server first', 7, away, away, 'Unreachable'],
    ['its own data that is not served', 7, notLoaded, undefined, 'ZoneNotLoaded'],
    ['that it was not seen yet', undefined, undefined, undefined, 'Pending'],
    ['nothing of one that serves', 7, undefined, undefined, undefined],
  ])('tells %s', (_, serial, ownFault, fault, reason) => {
    const view = primaryView('dns/ns1', { serial, ownFault }, fault)
    expect([view.instance, view.role, view.serial, view.fault?.reason]).toEqual(['ns1', 'primary', serial, reason])
  })
})

describe('secondaryView()', () => {
  const view = (serial: number | undefined, more: { fault?: BindyError; looksInVain?: number; supply?: Supply } = {}) =>
    secondaryView(
      'dns/ns2',
      { serial, fault: more.fault, looksInVain: more.looksInVain ?? 0, supply: more.supply },
      7,
      undefined,
    ).fault?.reason

  test('compares its serial with that of the primaries, as RFC 1982 does', () => {
    expect([view(7), view(6), view(8), view(4_294_967_295)]).toEqual([undefined, 'Behind', 'Ahead', 'Behind'])
  })

  test('waits a while before it calls a transfer failed', () => {
    expect(view(undefined, { fault: notLoaded, looksInVain: 15 })).toBe('Pending')
    expect(view(undefined, { fault: notLoaded, looksInVain: 16 })).toBe('NotTransferred')
    expect(view(undefined, { looksInVain: 16 })).toBe('Pending')
  })

  test('blames the catalog only where the server has not got the zone from it', () => {
    const notServed = new BindyError('REFUSED', { reason: 'ZoneNotServed' })
    expect(view(undefined, { fault: notServed, looksInVain: 16, supply: fromCatalog })).toBe('NotInCatalog')
    expect(view(undefined, { fault: notLoaded, looksInVain: 16, supply: fromCatalog })).toBe('NotTransferred')
  })
})

test('leavingView() says why it has not left yet', () => {
  const message = (fault?: BindyError) => leavingView('dns/ns1', 'primary', fault).fault?.message
  expect(message(away)).toBe('It is not to serve the zone any more, and still does: nobody there')
  expect(message()).toBe('It is not to serve the zone any more, and still does, until another primary serves it')
})
