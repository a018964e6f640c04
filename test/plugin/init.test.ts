import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import type { RunningApiServer } from '../cluster/index.ts'
import { startCluster } from '../webhook/webhook.ts'
import { BuiltPlugin, screen } from './kubectlbindy.ts'

/* init, whose output is to be applied as it is. */

const plugin = new BuiltPlugin()
let api: RunningApiServer
beforeAll(async () => {
  ;[api] = await Promise.all([startCluster(), plugin.build()])
})
afterAll(async () => {
  await api?.stop()
  await plugin.remove()
})

const server = ['Bind9Instance', 'Secret', 'Secret']
const cluster = ['Bind9Cluster', ...server, ...server]

test.each([
  ['cluster', cluster],
  ['server', server],
  ['zone', ['DNSZone']],
  ['record', ['ARecord']],
  ['', [...cluster, 'DNSZone', 'ARecord']],
])('init %s prints YAML that kubectl applies and lint passes', async (what, kinds) => {
  const { code, stdout } = await plugin.run(['init', ...(what ? [what] : []), '--zone', 'example.org', '-n', 'default'])
  const documents = parseAllDocuments(stdout)
  expect([code, documents.map(one => one.toJS().kind)]).toEqual([0, kinds])
  const applied = await api.kubectl(['apply', '--dry-run=server', '-f', '-'], { input: stdout })
  expect([applied.code, applied.stderr]).toEqual([0, ''])
  expect(applied.stdout.trim().split('\n')).toHaveLength(kinds.length)
  const file = join(plugin.directory, 'init.yaml')
  writeFileSync(file, stdout)
  expect(await plugin.run(['lint', file])).toMatchObject({ code: 0, stderr: '' })
})

describe.each(['80', '120'])('at %s columns', COLUMNS => {
  test.each(['cluster', 'server', 'zone', 'record'])('init %s looks as kept', async what => {
    const { stdout } = await plugin.run(['init', what, '-n', 'dns'], { COLUMNS })
    const { seen, kept } = screen(`init-${what}`, stdout)
    expect(seen).toBe(kept)
  })
})

test('what init prints is appended to a file that has an object already', async () => {
  const texts = await Promise.all(['zone', 'record'].map(what => plugin.run(['init', what, '-n', 'default'])))
  const applied = await api.kubectl(['apply', '--dry-run=server', '-f', '-'], {
    input: texts.map(({ stdout }) => stdout).join(''),
  })
  expect([applied.code, applied.stdout]).toEqual([
    0,
    'dnszone.bindy.firestoned.io/example-com created (server dry run)\n' +
      'arecord.bindy.firestoned.io/www.example.com created (server dry run)\n',
  ])
})

test.each([
  ['2.0.192.in-addr.arpa', '80', '80.2.0.192.in-addr.arpa'],
  ['10.in-addr.arpa', '80.2.0', '80.2.0.10.in-addr.arpa'],
  ['0/25.2.0.192.in-addr.arpa', '80', '80.025.2.0.192.in-addr.arpa'],
  ['80.2.0.192.in-addr.arpa', '@', '80.2.0.192.in-addr.arpa'],
  ['8.b.d.0.1.0.0.2.ip6.arpa', `0.8${'.0'.repeat(22)}`, `0.8${'.0'.repeat(22)}.8.b.d.0.1.0.0.2.ip6.arpa`],
])('init record prints a PTRRecord for %s', async (zone, name, object) => {
  const { stdout } = await plugin.run(['init', 'record', '--zone', zone, '-n', 'default'])
  const { kind, metadata, spec } = parseAllDocuments(stdout)[0]?.toJS() ?? {}
  expect([kind, metadata.name, spec]).toEqual(['PTRRecord', object, { zone, name, target: 'www.example.com.' }])
  const applied = await api.kubectl(['apply', '--dry-run=server', '-f', '-'], { input: stdout })
  expect([applied.code, applied.stderr]).toEqual([0, ''])
  const file = join(plugin.directory, 'pointer.yaml')
  writeFileSync(file, stdout)
  // It has no zone yet, and breaks no other rule.
  expect((await plugin.run(['lint', file])).stdout).toMatch(/\[BND-W021\]\n1 objects: 0 errors, 1 warning\n$/)
})

test.each(['_msdcs.example.org', '_a._b.Example.org.', '0/25.2.0.192.in-addr.arpa', 'no'])(
  'init prints for %s what the API server takes',
  async zone => {
    const { stdout } = await plugin.run(['init', '--zone', zone, '--address', '2001:db8::', '-n', 'default'])
    const applied = await api.kubectl(['apply', '--dry-run=server', '-f', '-'], { input: stdout })
    expect([applied.code, applied.stderr]).toEqual([0, ''])
  },
)

test.each([
  ['--zone', 'my zone', 'must be the name of a zone'],
  ['--address', '192.0.2.53:53', 'must be an IP address or a host name'],
])('init refuses %s %j', async (flag, text, why) => {
  const { code, stdout, stderr } = await plugin.run(['init', flag, text])
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(`error: ${flag}: "${text}" ${why}`)
})

describe('init --directory', () => {
  const tree = (name: string) => join(plugin.directory, name)
  const write = (name: string, ...words: string[]) =>
    plugin.run(['init', '--zone', 'example.org', '--directory', tree(name), ...words])

  test.each([
    ['in a namespace', ['-n', 'default'], 'namespace: default'],
    ["in the context's", [], '# namespace: dns'],
  ])('writes what kubectl apply -k takes and lint passes, %s', async (where, words, says) => {
    const { code, stdout, stderr } = await write(where, ...words)
    const files = readdirSync(tree(where))
    expect([code, stderr, stdout.trim().split('\n').sort()]).toEqual([
      0,
      '',
      files.map(file => join(tree(where), file)),
    ])
    expect(files).toEqual([
      'arecord-www.example.org.yaml',
      'bind9cluster-production-dns.yaml',
      'bind9instance-ns1.yaml',
      'bind9instance-ns2.yaml',
      'dnszone-example-org.yaml',
      'kustomization.yaml',
      'secret-ns1-rndc.yaml',
      'secret-ns1-tsig.yaml',
      'secret-ns2-rndc.yaml',
      'secret-ns2-tsig.yaml',
    ])
    expect(readFileSync(join(tree(where), 'kustomization.yaml'), 'utf8')).toContain(`\n${says}`)
    const applied = await api.kubectl(['apply', '--dry-run=server', '-k', tree(where)])
    expect([applied.code, applied.stderr]).toEqual([0, ''])
    expect(applied.stdout.trim().split('\n')).toHaveLength(files.length - 1)
    expect(await plugin.run(['lint', tree(where)])).toMatchObject({ code: 0, stderr: '' })
  })

  test('writes over nothing, unless it is told to', async () => {
    await write('twice', 'cluster')
    const edited = join(tree('twice'), 'bind9instance-ns1.yaml')
    writeFileSync(edited, 'edited\n')
    const { code, stderr } = await write('twice', 'server')
    expect([code, stderr]).toEqual([2, expect.stringContaining('error: Nothing was written: ')])
    expect(stderr).toContain(edited)
    expect(readFileSync(edited, 'utf8')).toBe('edited\n')
    expect(await write('twice', 'server', '--overwrite')).toMatchObject({ code: 0, stderr: '' })
    expect(readFileSync(edited, 'utf8')).toContain('kind: Bind9Instance')
  })
})

describe('init in a terminal', () => {
  test('asks for what no flag gives, again where the answer is none, and takes the example for an empty one', async () => {
    const { code, shown } = await plugin.answering('my zone\nexample.net\n\n', ['init'])
    expect(code).toBe(0)
    for (const said of [
      'Name of the zone [example.com]: ',
      '"my zone" must be',
      'Address of the primary [192.0.2.53]: ',
    ])
      expect(shown).toContain(said)
    expect(shown).toContain('zoneName: example.net\n')
    expect(shown).toContain('address: 192.0.2.53\n')
  })

  test.each([
    ['server', ['--address', '192.0.2.7']],
    ['zone', ['--zone', 'example.net']],
  ])('does not ask where the flag of a %s gives it', async (what, flags) => {
    const { code, shown } = await plugin.answering('', ['init', what, ...flags])
    expect([code, shown.split('\n')[0]]).toEqual([0, expect.not.stringContaining(']: ')])
  })

  test('writes nothing at the end of input', async () => {
    const directory = join(plugin.directory, 'unanswered')
    const { code, shown } = await plugin.answering('\x04', ['init', 'zone', '--directory', directory])
    expect([code, shown]).toEqual([1, expect.stringContaining('Nothing was done: the question was not answered')])
    expect(existsSync(directory)).toBe(false)
  })
})
