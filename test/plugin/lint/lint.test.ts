import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { findingsOf, rules } from '#crds'
import { fix } from '../../../plugin/src/lint/fix.ts'
import { lint } from '../../../plugin/src/lint/lint.ts'
import { printGitHub, sarif } from '../../../plugin/src/lint/print.ts'
import { readText } from '../../../plugin/src/lint/read.ts'
import { run } from '../../cluster/index.ts'
import { BuiltPlugin, screen } from '../kubectlbindy.ts'

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

  test.each([
    'f.yaml',
    'ein Ordner/Zöne #1?.yaml',
    './50%25.yaml',
    '../a:b.yaml',
    'x:y/[z]\u{1f600}.yaml',
    '/tmp/ü #.yaml',
  ])('gives SARIF with %j as a URI reference that leads to it', file => {
    const text = record('ARecord', 'x', '  name: x\n  ipv4Address: 192.0.2.300')
    const { runs } = sarif(lint(readText(file, text))) as {
      runs: { results: { locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }[] }[]
    }
    const uri = runs[0]?.results[0]?.locations[0]?.physicalLocation.artifactLocation.uri ?? ''
    // RFC 3986 section 4.2: of these characters alone; without a scheme, the first segment has no colon.
    const path = /(?:[\w.~!$&'()*+,;=@/-]|%[\dA-F]{2})+/.source
    expect(uri).toMatch(new RegExp(isAbsolute(file) ? `^file://${path}$` : `^${path}$`))
    expect(fileURLToPath(new URL(uri, 'file:///repository/sub/'))).toBe(resolve('/repository/sub', file))
  })
})

describe('fix()', () => {
  const fixed = (text: string) => fix(readText('f.yaml', text))

  test('writes what rules know to say, and leaves all else as it stands', () => {
    const text = [
      record('MXRecord', 'mx', "  name: '@'  # the apex\n  priority:   10\n  mailServer: mail # soon"),
      record('CNAMERecord', 'a', '  name: bücher\n  target: "Käse.example.net."'),
      record('SRVRecord', 'b', "  name: _x._tcp\n  priority: 1\n  weight: 0\n  port: 1\n  target: 'host'"),
      'apiVersion: bindy.firestoned.io/v1alpha1\nkind: DNSZone\nmetadata: {name: z}\nspec: {zoneName: example.com, clusterRef: dns, recordPolicy: Owned, soaRecord: {primaryNs: ns1, adminEmail: a@b.example}}\n',
    ].join('--- # next\n')
    const { texts, fixes, left } = fixed(text)
    expect(texts.get('f.yaml')).toBe(
      text
        .replace('mailServer: mail #', 'mailServer: mail.example.com. #')
        .replace('bücher', 'xn--bcher-kva')
        .replace('Käse.example.net.', 'xn--kse-qla.example.net.')
        .replace("'host'", "'host.example.com.'")
        .replace('Owned', 'owned')
        .replace('primaryNs: ns1', 'primaryNs: ns1.example.com.'),
    )
    expect(fixes.map(({ finding: { line, field } }) => `${line} ${field}`)).toHaveLength(6)
    expect(left.findings.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(fixed(texts.get('f.yaml') ?? '')).toMatchObject({ texts, fixes: [] })
  })

  const alias = (spec: string) => record('CNAMERecord', 'x', spec)
  test.each([
    ['a text that stands in several places', alias('  name: a\n  target: &host mail')],
    ['what lies in what stands in several places', alias('  name: a\n  target: mail').replace('spec:', 'spec: &one')],
    ['a text of a block', alias('  name: a\n  target: |-\n    mail')],
    ['what may be meant otherwise', alias('  name: www.example.net.\n  target: a.example.net.')],
  ])('leaves %s', (_, text) => {
    const { texts, left } = fixed(text)
    expect(texts.get('f.yaml')).toBe(text)
    expect(left.findings).not.toEqual([])
  })

  test('quotes a word that would be no text', () => {
    const text = record('CNAMERecord', 'x', '  name: a\n  target: mail').replace('zone: example.com', 'zone: "*"')
    expect(fixed(text).texts.get('f.yaml')).toContain('target: "mail.*."\n')
  })

  const fixes = rules.flatMap(rule =>
    findingsOf(rule, rule.fails).flatMap(({ field, fix }) =>
      fix === undefined ? [] : [[rule.id, rule, field, fix] as const],
    ),
  )
  test('is known to some rules', () => expect(fixes.length).toBeGreaterThan(2))
  test.each(fixes)('%s is content with what it says instead', (_, rule, field, text) => {
    const { object } = rule.fails
    const [, key = ''] = field.split('.')
    const mended = { ...object, spec: { ...object.spec, [key]: text } }
    expect(findingsOf(rule, { ...rule.fails, object: mended })).toEqual([])
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
  })
  afterAll(() => plugin.remove())

  test('reads a folder and what is in it, and ends with 1 for an error', async () => {
    const { code, stdout } = await plugin.run(['lint', '-f', folder()])
    expect([code, stdout]).toEqual([1, expect.stringContaining(`${join('deep', 'bad.yml')}:7 ✖ error ARecord ftp\n`)])
    expect(await plugin.run(['lint', join(folder(), 'good.yaml')])).toMatchObject({ code: 0 })
    expect(await plugin.run(['lint', join(folder(), 'good.yaml'), '--fail-on', 'warning'])).toMatchObject({ code: 1 })
  })

  describe.each(['80', '120'])('at %s columns', COLUMNS => {
    test.each([
      ['table', `lint-${COLUMNS}`],
      ['github', 'lint-github'],
      ['sarif', 'lint-sarif'],
      ['json', 'lint-json'],
    ])('looks as kept, -o %s', async (form, name) => {
      const shown = join(folder(), '..', 'shown')
      mkdirSync(shown, { recursive: true })
      const text = [
        record('ARecord', 'www', '  name: www\n  ipv4Addresses:\n    - 192.0.2.1\n    - 192.0.2.300'),
        record('ARecord', 'there', '  name: www\n  ttl: 5\n  ipv4Address: 192.0.2.2'),
        record('CNAMERecord', 'alias', '  name: www\n  target: www.example.net.'),
        zone,
      ]
      writeFileSync(join(shown, 'zone.yaml'), text.join('---\n'))
      writeFileSync(join(shown, 'torn.yaml'), 'a: [1\n')
      const words = [plugin.program(), 'lint', '-f', '.', '-o', form]
      const { code, stdout } = await run(process.execPath, words, { cwd: shown, env: plugin.env({ COLUMNS }) })
      const { seen, kept } = screen(name, stdout)
      expect([code, seen]).toEqual([1, kept])
    })
  })

  test('--fix writes into files, and from standard input to standard output', async () => {
    const text = record('MXRecord', 'mx', '  name: "@" # apex\n  priority: 10\n  mailServer: mail')
    const mended = text.replace('mailServer: mail', 'mailServer: mail.example.com.')
    const file = join(plugin.directory, 'mx.yaml')
    writeFileSync(file, text)
    const said = "MXRecord mx spec.mailServer: 'mail' -> 'mail.example.com.' [BND-R005]"
    const { code, stderr } = await plugin.run(['lint', '--fix', file])
    expect([code, stderr, readFileSync(file, 'utf8')]).toEqual([0, `${file}:8 fixed ${said}\n`, mended])
    const env = { env: plugin.env(), input: text }
    const piped = await run(process.execPath, [plugin.program(), 'lint', '--fix', '-'], env)
    expect([piped.code, piped.stdout]).toEqual([0, mended])
    expect(piped.stderr).toMatch(/^-:8 fixed .*\n.*\n.*\n1 objects: 0 errors, 1 warning\n$/)
    const bad = join(folder(), 'deep', 'bad.yml')
    const before = readFileSync(bad, 'utf8')
    expect(await plugin.run(['lint', '--fix', bad])).toMatchObject({ code: 1, stderr: '' })
    expect(readFileSync(bad, 'utf8')).toBe(before)
  })

  test('--fix leaves a file alone that is not UTF-8, and says where it is not', async () => {
    const text = record('MXRecord', 'mx', '  name: "@"\n  priority: 10 # caf\xe9\n  mailServer: mail')
    const octets = Buffer.from(text, 'latin1')
    const file = join(plugin.directory, 'latin1.yaml')
    writeFileSync(file, octets)
    const { code, stdout, stderr } = await plugin.run(['lint', '--fix', file])
    expect([code, stderr]).toEqual([1, ''])
    expect(stdout).toMatch(/latin1\.yaml:7 .*\n.*is not UTF-8/)
    expect(readFileSync(file)).toEqual(octets)
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
