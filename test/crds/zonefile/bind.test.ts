// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is BIND's notation for a number
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { textOfOctets } from '#crds'
import { type Bind9, provideBind9, run, temporaryDirectory } from '../../cluster/index.ts'
import { faultsOf, linesOf, parse } from './zonetext.ts'

const directory = temporaryDirectory()
let bind9: Bind9

beforeAll(async () => {
  bind9 = await provideBind9()
})

afterAll(() => directory.remove())

/** What BIND makes of the zone example.com in a text, printed in its own way; undefined where it refuses. */
async function asBindReads(text: string | Uint8Array): Promise<string | undefined> {
  const file = join(directory.path, 'zone')
  writeFileSync(file, text)
  mkdirSync(join(directory.path, 'sub'), { recursive: true })
  writeFileSync(join(directory.path, 'sub/included'), 'in A 192.0.2.77\n$ORIGIN deeper\nin A 192.0.2.78\n')
  const { code, stdout } = await run(
    bind9['named-checkzone'],
    ['-D', '-i', 'none', '-k', 'ignore', '-o', '-', '-w', directory.path, 'example.com', file],
    {},
  )
  return code === 0 ? stdout : undefined
}

const include = () => ({ file: 'sub/included', text: 'in A 192.0.2.77\n$ORIGIN deeper\nin A 192.0.2.78\n' })
const sorted = (lines: readonly string[]) => [...new Set(lines)].sort()
const HEAD = '$TTL 1h\n@ SOA ns1 host\\.master ( 2026010100 ; serial\n 1h 10m 1w 5m )\n NS ns1\nns1 A 192.0.2.53\n'

const texts: readonly string[] = [
  '',
  'a IN 5 A 192.0.2.1\nb 6 IN A 192.0.2.1\nc 1h30m A 192.0.2.1\nd IN 1W2D3H4M5S A 192.0.2.1\ne in a 192.0.2.1',
  'a ( A\n\n 192.0.2.1 ) ; x\n TXT ( a "b c" ; d\n  e"f"g )\n( b\n) A 192.0.2.1',
  `${String.raw`a TXT a\"b "\065\\\;" \; "a;b" ü \195\188`}\n`,
  `${String.raw`a\.b.c A 192.0.2.1`}\n${String.raw`\097\@\032x TXT \@`}`,
  '$ORIGIN sub\na A 192.0.2.1\n$ORIGIN sub.example.com.\n@ MX 10 @\n$TTL 7\nb A 192.0.2.1\n',
  'a 9 A 192.0.2.1\n  9 A 192.0.2.2\n AAAA 2001:DB8::1\n*.w MX 1 MX\n',
  'a A 192.0.2.1\n$INCLUDE sub/included other\n A 192.0.2.3\n$INCLUDE sub/included\nb A 192.0.2.4',
  `${String.raw`a TYPE65400 \# 4 0a00 0001`}\n${String.raw`b TYPE1 \# 4 c0000201`}\n${String.raw`c A \# 4 c0000201`}`,
  'a CAA 128 issue "ca.example.net; x=y"\n CAA 0 IODEF mailto:a@b\nb SSHFP 4 1 0c8a2e4d7b1f6a93c5d8 E0F21B4A7C9E3D6F8015\n_x._tcp SRV 1 2 3 t\n1 PTR Host.\nt TLSA 3 1 0 00 11\n',
  '$GENERATE 1-3 h$ A 192.0.2.$\n$GENERATE 0-10/5 ${1,3} 60 IN CNAME x${0,4,x}$$.example.org.\n',
  '$GENERATE 10-30/7 ${0,0,n}.${0,7,n}.${0,4,N}r PTR h-${-9,2,o}.${0,0,X}.\n$GENERATE 1-2 m$ MX "${0} mail$"\n',
  '$GENERATE 1-1 t$ TXT "a$ b" \n$GENERATE 2-2 u\\$ TXT $\n',
  '\tA 192.0.2.1\n \n;x\n\n@ TXT "" \n',
  `${String.raw`b\ c TXT \ x`}\n${String.raw`b\;\(\"\\\	\é CNAME x\ y\.\z.`}\n"q q" TXT "é"\n"a\\\\ b" TXT z\n`,
  'bücher TXT x\nx CNAME é.example.net.\n$ORIGIN ü\n@ TXT 日本\n',
]

test('parseZoneFile() reads octets that are no UTF-8 as BIND does', async () => {
  const octets = Buffer.from(`${HEAD}; \xfc\nb\xe9 TXT x ; \xff\n\\\xe9 CNAME \xc3\xa9.\n`, 'latin1')
  const printed = await asBindReads(octets)
  const ours = parse(textOfOctets(octets))
  expect(faultsOf(ours)).toEqual([])
  expect(sorted(linesOf(ours))).toEqual(sorted(linesOf(parse(printed ?? 'refused'))))
  expect(linesOf(ours)).toContain('b\\233.example.com. 3600 16 "x"')
})

test.each(texts.map(text => [text]))('parseZoneFile() reads %j as BIND does', async text => {
  const printed = await asBindReads(HEAD + text)
  const ours = parse(HEAD + text, { include })
  expect(faultsOf(ours)).toEqual([])
  expect(sorted(linesOf(ours))).toEqual(sorted(linesOf(parse(printed ?? 'refused'))))
})

const refused: readonly string[] = [
  'a A 192.0.2.300',
  'a TXT "open\n',
  'a A ( 192.0.2.1\n',
  'a A 192.0.2.1 )\n',
  'a A 192.0.2.1 x\n',
  'a 1h30 A 192.0.2.1\n',
  'a BOGUS x\n',
  'a CH A 192.0.2.1\n',
  'a..b A 192.0.2.1\n',
  `a TXT ${'x'.repeat(256)}\n`,
  'a TXT \\256\n',
  'a A \\# 3 c0000201\n',
  '$WHAT\n',
  '$GENERATE 3-1 a$ A 192.0.2.$\n',
  '$GENERATE 1-3 ${x} A 192.0.2.$\n',
]

test.each(refused.map(text => [text]))('parseZoneFile() refuses %j, as BIND does', async text => {
  expect(await asBindReads(HEAD + text)).toBeUndefined()
  expect(faultsOf(parse(HEAD + text)).length).toBeGreaterThan(0)
})
