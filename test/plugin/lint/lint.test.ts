import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { lint } from '../../../plugin/src/lint/lint.ts'
import { printGitHub, sarif } from '../../../plugin/src/lint/print.ts'
import { readText } from '../../../plugin/src/lint/read.ts'
import { run } from '../../cluster/index.ts'
import { BuiltPlugin } from '../kubectlbindy.ts'

const record = (kind: string, name: string, spec: string) => `apiVersion: bindy.firestoned.io/v1alpha1
kind: ${kind}
metadata: { name: ${name} }
spec:
  zone: example.com
${spec}
`

const zone = `apiVersion: bindy.firestoned.io/v1alpha1
kind: DNSZone
metadata: { name: example-com }
spec:
  zoneName: example.com
  clusterRef: dns
  soaRecord: { primaryNs: ns1.example.net., adminEmail: hostmaster@example.net }
`

/** Each finding as "line rule field". */
function found(text: string): string[] {
  return lint(readText('f.yaml', text)).findings.map(({ line, rule, field }) => `${line} ${rule} ${field}`.trimEnd())
}

describe('lint()', () => {
  test('finds nothing wrong in the samples', () => {
    const samples = join(import.meta.dirname, '../../../manifests/samples')
    const read = readdirSync(samples).map(file => readText(file, readFileSync(join(samples, file), 'utf8')))
    const { findings, checked } = lint({
      objects: read.flatMap(({ objects }) => objects),
      faults: read.flatMap(({ faults }) => faults),
    })
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(checked).toBeGreaterThan(10)
  })

  test('tells the line of each fault: of the rule book, of the schema, among other objects', () => {
    const text = [
      record('ARecord', 'www', '  name: www\n  ipv4Addresses:\n    - 192.0.2.1\n    - 192.0.2.300'),
      record('TXTRecord', 'spf', '  name: spf\n  text: [a]\n  frob: 1\n  ttl: -1'),
      record('ARecord', 'there', '  name: www\n  ipv4Address: 192.0.2.2'),
      record('CNAMERecord', 'alias', '  name: www\n  target: www.example.net.'),
      zone,
    ].join('---\n')
    const all = found(text)
    expect(all.filter(line => line.startsWith('9 '))).toEqual(['9 BND-R010 spec.ipv4Addresses[1]'])
    expect(all).toContain('18 schema spec.frob')
    expect(all).toContain('19 schema spec.ttl')
    expect(all.filter(line => /^(2\d|3\d) BND-R\d+ /.test(line))).toHaveLength(1)
  })

  test('looks into Lists, passes other groups over, and names kinds of ours that are none', () => {
    const items = [
      { apiVersion: 'bindy.firestoned.io/v1alpha1', kind: 'ARecrd' },
      { apiVersion: 'v1', kind: 'Pod' },
    ]
    expect(found(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))).toEqual(['1 schema kind'])
    expect(found('apiVersion: apps/v1\nkind: Deployment\n')).toEqual([])
    expect(found('')).toEqual([])
  })

  test.each([
    ['what is no YAML', 'a: [1\n', /^\d+ syntax$/],
    [
      'aliases that unfold without end',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
        .split('')
        .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[i]}`)}]`)
        .join('\n')}\n`,
      /^1 syntax$/,
    ],
  ])('finds %s', (_, text, line) => {
    expect(found(text).every(one => line.test(one))).toBe(true)
    expect(found(text)).not.toEqual([])
  })

  test('prints nothing that a workflow would take for more than text', () => {
    const text = record('TXTRecord', '"x\\n::set-output name=a::b"', '  name: "a\\nb%"\n  text: [a]')
    const lines = printGitHub(lint(readText('a,b:c.yaml', text)))
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines)
      expect(line).toMatch(/^::(error|warning) file=a%2Cb%3Ac\.yaml,line=\d+,title=[\w-]+::[^\n]*$/)
  })

  test('gives SARIF with the rules that it names', () => {
    const { runs } = sarif(
      lint(readText('f.yaml', record('ARecord', 'x', '  name: x\n  ipv4Address: 192.0.2.300'))),
    ) as {
      runs: { tool: { driver: { rules: { id: string }[] } }; results: { ruleId: string; level: string }[] }[]
    }
    expect(runs[0]?.results.map(({ ruleId, level }) => [ruleId, level])).toContainEqual(['BND-R010', 'error'])
    expect(runs[0]?.tool.driver.rules.map(({ id }) => id)).toContain('BND-R010')
  })
})

describe('kubectl bindy lint', () => {
  const plugin = new BuiltPlugin()
  const folder = () => join(plugin.directory, 'objects')
  beforeAll(async () => {
    await plugin.build()
    mkdirSync(join(folder(), 'deep'), { recursive: true })
    writeFileSync(join(folder(), 'good.yaml'), record('ARecord', 'www', '  name: www\n  ipv4Address: 192.0.2.1'))
    writeFileSync(join(folder(), 'deep', 'bad.yml'), record('ARecord', 'ftp', '  name: ftp\n  ipv4Address: here'))
    writeFileSync(join(folder(), 'notes.txt'), '{')
  }, 60_000)
  afterAll(() => plugin.remove())

  test('reads a folder and what is in it, and ends with 1 for an error', async () => {
    const { code, stdout } = await plugin.run(['lint', '-f', folder()])
    expect([code, stdout]).toEqual([1, expect.stringContaining(`${join('deep', 'bad.yml')}:7 ✖ error ARecord ftp\n`)])
    expect(await plugin.run(['lint', join(folder(), 'good.yaml')])).toMatchObject({ code: 0 })
    expect(await plugin.run(['lint', join(folder(), 'good.yaml'), '--fail-on', 'warning'])).toMatchObject({ code: 1 })
  })

  test('reads standard input, and ends with 3 for a file that is not there', async () => {
    const bad = readFileSync(join(folder(), 'deep', 'bad.yml'), 'utf8')
    const piped = await run(process.execPath, [plugin.program(), 'lint', '-', '-o', 'json'], {
      env: plugin.env(),
      input: bad,
    })
    expect([piped.code, JSON.parse(piped.stdout)]).toEqual([1, expect.objectContaining({ kind: 'Lint', checked: 1 })])
    expect(await plugin.run(['lint', 'nowhere'])).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^error: Cannot read nowhere: ENOENT/),
    })
    expect(await plugin.run(['lint'])).toMatchObject({ code: 2 })
  })
})
