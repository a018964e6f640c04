// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is BIND's notation for a number
import { describe, expect, test } from '@jest/globals'
import { faultsOf, linesOf, parse } from './zonetext.ts'

describe('$GENERATE', () => {
  const cases: [line: string, lines: string[]][] = [
    ['1-2 h$ A 192.0.2.$', ['h1.example.com. 1 1 192.0.2.1', 'h2.example.com. 1 1 192.0.2.2']],
    ['0-4/2 $ 5 IN CNAME a$$$.b.', ['0', '2', '4'].map(n => String.raw`${n}.example.com. 5 5 a\$${n}.b.`)],
    ['1-1 ${10,4,d} A 192.0.2.${-1}', ['0011.example.com. 1 1 192.0.2.0']],
    ['255-255 ${0,3,x}.${0,0,X}.${0,5,o} CNAME @', ['0ff.ff.00377.example.com. 1 5 example.com.']],
    ['26-26 ${0,0,n}.${0,7,n} PTR $.', ['a.1.a.1.0.0.example.com. 1 12 26.']],
    ['26-26 ${0,8,N}r PTR $.', ['a.1.0.0.r.example.com. 1 12 26.']],
    ['1-1 m MX "10 mail$"', ['m.example.com. 1 15 10 mail1.example.com.']],
    ['1-1 t TXT "one$ two"', ['t.example.com. 1 16 "one1" "two"']],
  ]
  test.each(cases)('makes of %j what BIND makes', (line, lines) => {
    const file = parse(`$TTL 1\n$GENERATE ${line}`)
    expect([faultsOf(file), linesOf(file)]).toEqual([[], lines])
  })

  const wrong: [line: string, fault: string][] = [
    [
      '1-2 ${x} A 192.0.2.1',
      'zone:1:15: "${x}" is no modifier: ${offset,width,base} with a base of d, o, x, X, n or N',
    ],
    [
      '1-2 ${0,999} A 192.0.2.1',
      'zone:1:15: "${0,999}" is no modifier: ${offset,width,base} with a base of d, o, x, X, n or N',
    ],
    ['1-2 ${-2} A 192.0.2.1', 'zone:1:15: "${-2}" of 1 is -1: 0 to 2147483647 is wanted'],
    ['1-3/0 $ A 192.0.2.1', 'zone:1:11: "1-3/0" is no range: start-stop or start-stop/step, as 1-254 or 0-100/2'],
    ['254-999 $ 1 A 192.0.2.$', 'zone:1:25: Cannot encode A ipv4Address: "192.0.2.256" is not an IPv4 address'],
  ]
  test.each(wrong)('says what is wrong with %j', (line, fault) => {
    expect(faultsOf(parse(`$GENERATE ${line}`))).toEqual([fault])
  })

  test('ends at the limit of records', () => {
    const file = parse('$GENERATE 0-2147483647 h$ 1 A 192.0.2.1', { limits: { records: 1000 } })
    expect([file.records.length, file.isCutShort, faultsOf(file)]).toEqual([
      1000,
      true,
      ['zone:1:1: more than 1000 records in all: nothing is read beyond'],
    ])
  })
})
