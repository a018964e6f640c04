import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { serialCompare } from '#crds'
import { MessageError } from '../../../controller/src/bind9/reader.ts'
import { decodeSoa, encodeSoa, serialIncrement } from '../../../controller/src/bind9/soa.ts'
import { hex } from './wire.ts'

const soa = {
  mname: 'ns1.example.com.',
  rname: 'john\\.doe.example.com.',
  serial: 2024010101,
  refresh: 3600,
  retry: 600,
  expire: 604800,
  minimum: 300,
}

const wire = hex(`
  03 6e7331 07 6578616d706c65 03 636f6d 00              ; MNAME ns1.example.com.
  08 6a6f686e2e646f65 07 6578616d706c65 03 636f6d 00    ; RNAME john.doe, one label
  78a3f175 00000e10 00000258 00093a80 0000012c          ; serial, refresh, retry, expire, minimum
`)

test('encodeSoa() and decodeSoa() are each other’s inverse', () => {
  expect(encodeSoa(soa).toString('hex')).toBe(wire.toString('hex'))
  expect(decodeSoa(wire)).toEqual(soa)
})

test('decodeSoa() refuses every truncation, and octets too many', () => {
  for (let length = 0; length < wire.length; length++)
    expect(() => decodeSoa(wire.subarray(0, length))).toThrow(MessageError)
  expect(() => decodeSoa(Buffer.concat([wire, wire]))).toThrow(MessageError)
})

const max = 0xffff_ffff

test.each([
  [1, 0, 1],
  [0, 1, -1],
  [5, 5, 0],
  [0, max, 1],
  [max, 1, -1],
  [0x7fff_ffff, 0, 1],
  [0x8000_0001, 0, -1],
  [0x8000_0000, 0, Number.NaN],
  [0, 0x8000_0000, Number.NaN],
])('serialCompare(%d, %d) is %d', (a, b, order) => {
  expect(serialCompare(a, b)).toBe(order)
})

test('serialIncrement() gives a newer serial, never 0', () => {
  fc.assert(
    fc.property(fc.nat(max), fc.integer({ min: 1, max: 0x7fff_fffe }), (serial, by) => {
      const next = serialIncrement(serial, by)
      expect(next).toBeGreaterThan(0)
      expect(serialCompare(next, serial)).toBe(1)
    }),
  )
  expect(serialIncrement(max)).toBe(1)
  expect(() => serialIncrement(1, 0x8000_0000)).toThrow(RangeError)
})
