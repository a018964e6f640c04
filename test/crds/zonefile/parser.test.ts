import { describe, expect, test } from '@jest/globals'
import { recordTypes } from '#crds'
import { faultsOf, linesOf, parse } from './zonetext.ts'

describe('parseZoneFile()', () => {
  const texts: [title: string, text: string, lines: string[]][] = [
    [
      'takes the owner of a blank line from the line before',
      '$TTL 1\na A 192.0.2.1\n  A 192.0.2.2',
      ['a.example.com. 1 1 192.0.2.1', 'a.example.com. 1 1 192.0.2.2'],
    ],
    [
      'takes TTL and class in either order',
      'a 5 IN A 192.0.2.1\na IN 6 A 192.0.2.1',
      ['a.example.com. 5 1 192.0.2.1', 'a.example.com. 6 1 192.0.2.1'],
    ],
    [
      'reads TTL units',
      'a 1h30m A 192.0.2.1\na 1W2D A 192.0.2.1',
      ['a.example.com. 5400 1 192.0.2.1', 'a.example.com. 777600 1 192.0.2.1'],
    ],
    [
      'repeats the last TTL where no $TTL stands (RFC 1035)',
      'a 5 A 192.0.2.1\nb A 192.0.2.1',
      ['a.example.com. 5 1 192.0.2.1', 'b.example.com. 5 1 192.0.2.1'],
    ],
    [
      'goes by $TTL before the last TTL (RFC 2308)',
      '$TTL 9\na 5 A 192.0.2.1\nb A 192.0.2.1',
      ['a.example.com. 5 1 192.0.2.1', 'b.example.com. 9 1 192.0.2.1'],
    ],
    [
      'joins lines in parentheses, with comments inside',
      '$TTL 1\na ( A ; one\n 192.0.2.1 ) ; two',
      ['a.example.com. 1 1 192.0.2.1'],
    ],
    [
      'completes names with the origin',
      '$ORIGIN sub\n$TTL 1\n@ MX 10 @\na MX 10 b\nc. MX 10 d.',
      ['sub.example.com. 1 15 10 sub.example.com.', 'a.sub.example.com. 1 15 10 b.sub.example.com.', 'c. 1 15 10 d.'],
    ],
    [
      'resolves escapes and quotes',
      String.raw`a\.b 1 TXT "a \"b\" ;(c" d\032e \195\188 ü`,
      [String.raw`a\.b.example.com. 1 16 "a \"b\" ;(c" "d e" "\195\188" "\195\188"`],
    ],
    [
      'joins a text that is split after 255 octets',
      `a 1 TXT "${'x'.repeat(255)}" "y" "z"`,
      [`a.example.com. 1 16 "${'x'.repeat(255)}" "y" "z"`],
    ],
    ['takes a type of Bindy in the generic form', String.raw`a 1 A \# 4 c000 0201`, ['a.example.com. 1 1 192.0.2.1']],
    ['takes a type by its number', 'a 1 TYPE1 192.0.2.1', ['a.example.com. 1 1 192.0.2.1']],
    [
      'keeps a foreign type',
      'a 1 TYPE65400 \\# 4 0a000001\nb 1 CLASS1 HTTPS \\# 0',
      ['a.example.com. 1 65400 0a000001', 'b.example.com. 1 65 '],
    ],
    ['tells of a foreign type in its own words', 'a 1 NAPTR 1 1 "u" "" "" .', ['a.example.com. 1 35']],
    ['makes names lower case', 'A 1 CNAME WWW.Example.NET.', ['a.example.com. 1 5 www.example.net.']],
    ['reads lines that end in CR LF', '$TTL 1\r\na A 192.0.2.1\r\n', ['a.example.com. 1 1 192.0.2.1']],
    [
      'passes over a byte order mark, blank lines and comments',
      '\uFEFF; c\n\n   ; d\n\t\n$TTL 1 ; e\na A 192.0.2.1;f',
      ['a.example.com. 1 1 192.0.2.1'],
    ],
    [
      'takes the TTL of a SOA from its minimum',
      '@ SOA . . 1 2 3 4 1h\na A 192.0.2.1',
      ['example.com. 3600 6 0000000000010000000200000003000000040000' + '0e10', 'a.example.com. 3600 1 192.0.2.1'],
    ],
    ['reads data in hexadecimal words', 'a 1 SSHFP 4 2 0c8a (2e\n4d)', ['a.example.com. 1 44 4 2 0C8A2E4D']],
  ]
  test.each(texts)('%s', (_, text, lines) => {
    const file = parse(text)
    expect([faultsOf(file), linesOf(file)]).toEqual([[], lines])
  })

  test.each(recordTypes.map(entry => [entry.type, entry] as const))(
    'reads the example of %s',
    (type, { code, example }) => {
      expect(linesOf(parse(`a 1 ${type} ${example.text}`))).toEqual([`a.example.com. 1 ${code} ${example.text}`])
    },
  )

  const faults: [text: string, fault: string][] = [
    ['a 1 A 192.0.2.300', 'zone:1:7: Cannot encode A ipv4Address: "192.0.2.300" is not an IPv4 address'],
    ['a 1 MX 10', 'zone:1:10: the line ends early: the mailServer of MX is wanted'],
    ['a 1 MX 70000 b', 'zone:1:8: Cannot encode MX priority: 70000 is no whole number from 0 to 65535'],
    ['a 1 MX ten b', 'zone:1:8: "ten" is no number: the priority of MX is wanted'],
    ['a 1 A 192.0.2.1 x', 'zone:1:17: "x" is too much: the line should end before it'],
    ['a 1 BOGUS x', 'zone:1:5: "BOGUS" is no type: a type is wanted, as A or TYPE65400'],
    ['a 1 CH TXT x', 'zone:1:5: "CH" is another class: zones of the class IN are read'],
    ['a A 192.0.2.1', 'zone:1:1: no TTL: one is wanted here, or a $TTL before'],
    ['a 2147483648 A 192.0.2.1', 'zone:1:3: "2147483648" is 2147483648 seconds: at most 2147483647 are allowed'],
    ['  1 A 192.0.2.1', 'zone:1:3: the line begins with white space, and no owner name stands before it'],
    ['a..b 1 A 192.0.2.1', 'zone:1:1: Not a domain name: "a..b": an empty label'],
    ['a 1 CNAME b..c', 'zone:1:11: Not a domain name: "b..c": an empty label'],
    ['a 1 TXT "open', "zone:1:9: the quote is never closed: '\"' is wanted before the end of the line"],
    ['a 1 A ( 192.0.2.1', 'zone:1:7: the parenthesis is never closed: ")" is wanted before the end of the file'],
    ['a 1 A 192.0.2.1 )', 'zone:1:17: ")" without a "(" before it'],
    ['a 1 TXT a\\', 'zone:1:10: a backslash ends the line: three digits or one character are wanted after it'],
    [
      String.raw`a 1 TXT \256`,
      String.raw`zone:1:9: "\\256" has a wrong escape: "\" wants three digits up to 255, or one character`,
    ],
    [String.raw`a 1 TXT \255`, String.raw`zone:1:9: "\\255" is not UTF-8, which the text of an object is`],
    [`a 1 TXT ${'x'.repeat(256)}`, 'zone:1:9: a string of 256 octets: 255 are allowed, write it as several'],
    [String.raw`a 1 A \# 3 c0000201`, 'zone:1:12: 4 octets stand here: 3 are announced'],
    [String.raw`a 1 A \# 3 c00002`, 'zone:1:12: Cannot read IPv4 address at offset 0: 4 octets wanted, 3 left'],
    [String.raw`a 1 TYPE9 \# x 00`, 'zone:1:14: "x" is no number of octets'],
    [String.raw`a 1 TYPE9 \# 1 0g`, 'zone:1:16: "0g" is no row of pairs of hexadecimal digits'],
    ['$TTL soon', 'zone:1:6: "soon" is no time: seconds, or numbers with the units w, d, h, m, s, as 1h30m'],
    ['$WHAT', 'zone:1:1: "$WHAT" is none of $ORIGIN, $TTL, $INCLUDE and $GENERATE'],
    ['$INCLUDE other', 'zone:1:1: $INCLUDE cannot be followed here: put the records into this file'],
    [
      '$GENERATE 3-1 a$ A 192.0.2.$',
      'zone:1:11: "3-1" is no range: start-stop or start-stop/step, as 1-254 or 0-100/2',
    ],
  ]
  test.each(faults)('says of %j where it is wrong and what is wanted', (text, fault) => {
    const file = parse(`${text}\ngood. 1 A 192.0.2.9`)
    const [told, ...more] = faultsOf(file)
    expect([told, more.length <= 1]).toEqual([fault, true])
  })

  test('goes on after a fault, and tells of all', () => {
    const file = parse('$TTL 1\na A x\nb A 192.0.2.1\nc MX\nd A 192.0.2.2')
    expect(linesOf(file)).toEqual(['b.example.com. 1 1 192.0.2.1', 'd.example.com. 1 1 192.0.2.2'])
    expect(file.faults.map(({ line }) => line)).toEqual([2, 4])
    expect(file.isCutShort).toBe(false)
  })

  test('gives the lines below an owner name that cannot be read to nobody', () => {
    const file = parse('$TTL 1\na A 192.0.2.1\nb..c A 192.0.2.2\n A 192.0.2.3')
    expect(linesOf(file)).toEqual(['a.example.com. 1 1 192.0.2.1'])
    expect(file.faults).toHaveLength(2)
  })

  test('wants an origin for a relative name, and none for a whole one', () => {
    const file = parse('a.b. 1 A 192.0.2.1\nc 1 A 192.0.2.1\n$ORIGIN d.\ne 1 A 192.0.2.1\nf\\. 1 A 192.0.2.1', {
      origin: undefined,
    })
    expect(linesOf(file).map(line => line.split(' ')[0])).toEqual(['a.b.', 'e.d.', String.raw`f\..d.`])
    expect(faultsOf(file)).toEqual([
      'zone:2:1: "c" is relative, and no $ORIGIN stands before it: add one, or a final dot',
    ])
  })
})
