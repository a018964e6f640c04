import { mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { PAUSED } from '#crds'
import { provideBind9, run } from '../../cluster/index.ts'
import { serialOf } from '../../controller/e2e/answers.ts'
import { screen } from '../kubectlbindy.ts'
import { Commands, ZONE } from './commands.ts'

/* zone export and diff, as processes against a real API server, a controller and two named. */

const commands = new Commands()
beforeAll(() => commands.start())
beforeEach(() => commands.begin())
afterEach(() => commands.bindy.clear())
afterAll(() => commands.stop())

describe('zone export', () => {
  test('writes a file that named-checkzone accepts, that says what is served, and that imports back to nothing new', async () => {
    await commands.imported()
    const { code, stdout, stderr } = await commands.run(['zone', 'export', 'example.com'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      new RegExp(
        `^; exported by kubectl bindy from ${commands.namespace.name}/example-com serial \\d+\n\\$ORIGIN example\\.com\\.\n`,
      ),
    )
    const { seen, kept } = screen('zone-export', stdout)
    expect(seen).toBe(kept)
    expect(stdout).toContain('\nwww 300 IN A 192.0.2.1 ; ARecord/www.example.com\n')
    const { 'named-checkzone': checkzone } = await provideBind9()
    const path = commands.file('exported', stdout)
    expect(await run(checkzone, ['example.com', path])).toMatchObject({ code: 0 })
    const dump = await run(checkzone, ['-D', '-q', '-o', '-', 'example.com', path])
    expect(linesOf(dump.stdout)).toEqual(
      linesOf(await commands.bindy.named.primary.signed.dig('+noall', '+answer', '+onesoa', 'example.com', 'AXFR')),
    )
    const again = await commands.import(path)
    expect(again.stdout).toMatch(/DNSZone {3}unchanged\n {2}10 records stand already/)
  })

  test('writes objects that kubectl applies elsewhere, and every zone into a file of its own', async () => {
    await commands.imported()
    await commands.namespace.zone('example.org')
    const zone = { kind: 'DNSZone', metadata: { name: 'example-com' } }
    await commands.namespace.annotate(zone, { paused: 'true' })
    const yaml = await commands.run(['zone', 'export', 'example.com', '-o', 'yaml'])
    await commands.namespace.annotate(zone, { paused: null })
    const other = await commands.bindy.namespace()
    const applied = await commands.bindy.api.kubectl(['apply', '-n', other.name, '-f', '-'], {
      input: yaml.stdout.replaceAll(/^ +namespace: .*\n/gm, ''),
    })
    expect([applied.code, applied.stderr]).toEqual([0, ''])
    expect(await other.list('arecords')).toHaveLength(6)
    expect((await other.get(zone)).metadata.annotations).toMatchObject({ [PAUSED]: 'true' })
    await other.annotate(zone, { paused: null })
    const names = await commands.run(['zone', 'export', 'example.org', '-o', 'name'])
    expect([names.code, names.stdout]).toEqual([0, 'dnszone.bindy.firestoned.io/example.org\n'])
    const all = await commands.run(['zone', 'export', '--all', '--directory', join(commands.directory.path, 'all')])
    expect([all.code, all.stdout]).toEqual([
      0,
      `${commands.directory.path}/all/example.com.zone\n${commands.directory.path}/all/example.org.zone\n`,
    ])
    expect(readFileSync(join(commands.directory.path, 'all/example.org.zone'), 'utf8')).toContain(
      'ns1 3600 IN A 127.0.0.1 ; DNSZone/example.org',
    )
  })

  test('leaves nothing of a file that cannot be written', async () => {
    await commands.imported()
    const directory = join(commands.directory.path, 'part')
    const exported = () => commands.run(['zone', 'export', 'example.com', '--directory', directory])
    mkdirSync(join(directory, 'example.com.zone'), { recursive: true })
    const { code, stdout, stderr } = await exported()
    const file = join(directory, 'example.com.zone')
    expect([code, stdout, stderr]).toEqual([3, '', expect.stringMatching(`^error: Cannot write ${file}: EISDIR`)])
    expect(readdirSync(directory)).toEqual(['example.com.zone'])
    rmdirSync(file)
    expect(await exported()).toEqual({ code: 0, stdout: `${file}\n`, stderr: '' })
  })

  test('leaves nothing of a file that has no room', async () => {
    await commands.imported()
    const directory = join(commands.directory.path, 'full')
    const words = ['zone', 'export', 'example.com', '--directory', directory, '-o', 'json']
    const limited = ['-c', `ulimit -f 1; ${commands.command(words)}`]
    const { code, stderr } = await run('bash', limited, { env: { KUBECONFIG: commands.bindy.api.kubeconfig } })
    expect([code, stderr]).toEqual([3, expect.stringContaining(`Cannot write ${directory}/example.com.json: EFBIG`)])
    expect(readdirSync(directory)).toEqual([])
  })

  test('ends well when its reader has seen enough', async () => {
    await commands.imported()
    const env = { KUBECONFIG: commands.bindy.api.kubeconfig }
    const command = `${commands.command(['zone', 'export', 'example.com'])} | head -1; echo $PIPESTATUS`
    const { stdout, stderr } = await run('bash', ['-c', command], { env })
    expect([stdout.split('\n').at(1), stderr]).toEqual(['0', ''])
  })

  test('fails where a kind cannot be read: it is no empty set', async () => {
    await commands.imported()
    const { code, stderr } = await commands.run(['zone', 'export', 'example.com', '--as', 'nobody'])
    expect([code, stderr]).toEqual([3, expect.stringContaining('Error from server (Forbidden)')])
  })
})

describe('diff', () => {
  test('ends with 0 where every server says what the objects do', async () => {
    await commands.imported()
    const serial = await serialOf(commands.bindy.named.primary, 'example.com')
    const { code, stdout, stderr } = await commands.run(['diff', 'example.com'])
    expect([code, stderr]).toEqual([0, ''])
    expect(
      stdout,
    ).toBe(`example.com   primary primary (127.0.0.1 port ${commands.bindy.named.primary.dnsPort}) serial ${serial}: ✔ no difference
example.com   secondary secondary (127.0.0.1 port ${commands.bindy.named.secondary.dnsPort}) serial ${serial}: ✔ no difference
No differences. Nothing was changed.
`)
  })

  test('shows what is missing, what has changed and what nobody owns, and ends with 1', async () => {
    await commands.imported()
    commands.file('example.com.zone', ZONE)
    const sessions = [80, 120].map(columns => commands.session(columns))
    for (const session of sessions) await session.give('diff example.com')
    const dnsPort = (dnsPort: number) =>
      commands.namespace.patch(
        { kind: 'Bind9Instance', metadata: { name: 'secondary' } },
        { spec: { external: { dnsPort } } },
      )
    await commands.bindy.stopController()
    try {
      await commands.namespace.create('ARecord', 'new', { zone: 'example.com', name: 'new', ipv4Address: '192.0.2.50' })
      await commands.namespace.edit(
        { kind: 'ARecord', metadata: { name: 'mail.example.com' } },
        { ttl: 60, ipv4Address: '192.0.2.26' },
      )
      await commands.namespace.edit({ kind: 'MXRecord', metadata: { name: 'example.com' } }, { ttl: 61 })
      await commands.bindy.named.primary.nsupdate('zone example.com\nupdate add old.example.com 300 TXT "by hand"')
      const { code, stdout } = await commands.run(['diff', 'example.com'])
      expect(code).toBe(1)
      const [head, ...lines] = stdout.split('\n').slice(0, 5)
      expect(head).toContain(': 4 differences')
      expect(lines).toEqual(
        [
          `  ~ example.com.       61 IN MX     10 mail.example.com. (TTL 3600 -> 61)            MXRecord ${commands.namespace.name}/example.com (Pending)`,
          `  ~ mail.example.com.  60 IN A      192.0.2.25 -> 192.0.2.26 (TTL 3600 -> 60)        ARecord ${commands.namespace.name}/mail.example.com (Pending)`,
          `  + new.example.com.   3600 IN A    192.0.2.50                                       ARecord ${commands.namespace.name}/new (Pending)`,
          `  - old.example.com.   300 IN TXT   "by hand"                                        served, and no object gives it`,
        ].map(line =>
          expect.stringMatching(
            new RegExp(
              `^${line
                .trim()
                .replace(/[.*+?^${'$'}{}()|[\]\\]/g, '\\$&')
                .replace(/ {2,}/g, ' +')
                .replace(/^/, ' *')}$`,
            ),
          ),
        ),
      )
      for (const session of sessions) {
        await session.give('diff example.com')
        await session.give('diff example.com -f example.com.zone')
      }
      await dnsPort(1)
      for (const session of sessions) await session.give('diff example.com')
      await dnsPort(commands.bindy.named.secondary.dnsPort)
      for (const [i, { text }] of sessions.entries()) {
        const { seen, kept } = screen(`diff-${[80, 120][i]}`, text)
        expect(seen).toBe(kept)
      }
      const wide = await commands.run(['diff', 'example.com', '-o', 'wide'], { columns: 80 })
      expect(wide.stdout).toBe(stdout)
      const named = await commands.run(['diff', '-o', 'name'])
      expect(named).toEqual({ code: 1, stdout: 'dnszone.bindy.firestoned.io/example-com\n', stderr: '' })
      const json = await commands.run(['diff', 'example.com', '-o', 'json'])
      expect([json.code, JSON.parse(json.stdout).items[0].lines.map(({ sign }: { sign: string }) => sign)]).toEqual([
        1,
        ['~', '~', '+', '-'],
      ])
    } finally {
      commands.bindy.startController()
    }
  })

  test('compares with a file in place of the servers, which it does not ask', async () => {
    await commands.imported()
    const exported = await commands.run(['zone', 'export', 'example.com'])
    const same = await commands.run(['diff', 'example.com', '-f', commands.file('same', exported.stdout)])
    expect([same.code, same.stderr, same.stdout]).toEqual([
      0,
      '',
      expect.stringMatching(
        /^example\.com {3}\S+\/same serial \d+: ✔ no difference\nNo differences\. Nothing was changed\.\n$/,
      ),
    ])
    const others = `${ZONE.replace('10 mail', '20 mail').replace('300 A 192.0.2.2\n', '300 A 192.0.2.3\n')}old HTTPS 1 . alpn=h2\n`
    const words = ['diff', 'example.com', '-f', '-']
    const { code, stdout, stderr } = await commands.run(words, { input: others })
    const { name } = commands.namespace
    expect([code, stderr, stdout.replace(/ +/g, ' ')]).toEqual([
      1,
      '',
      `example.com standard input serial 2026010100: 3 differences
 ~ example.com. 3600 IN MX 20 mail.example.com. -> 10 mail.example.com. MXRecord ${name}/example.com
 - old.example.com. 3600 IN HTTPS in a form that Bindy does not read in the file, and no object gives it
 ~ www.example.com. 300 IN A 192.0.2.3 -> 192.0.2.2 ARecord ${name}/www.example.com
3 differences in the file: 0 missing, 2 changed, 1 unowned. Nothing was changed.
`,
    ])
    const unnamed = await commands.run(['diff', '-f', '-'], { input: others })
    expect([unnamed.code, unnamed.stderr]).toEqual([2, expect.stringContaining('A file is compared with one zone')])
    const bare = await commands.run(words, { input: 'a.example.org. 1 A 192.0.2.1\n' })
    expect([bare.code, bare.stderr]).toEqual([
      4,
      expect.stringMatching(
        /: 2 faults, nothing was changed\nexample\.com has no SOA, .*\na\.example\.org\. does not lie/,
      ),
    ])
  })

  test('ends with more than 1 where a server cannot be asked, and says which', async () => {
    await commands.imported()
    await commands.bindy.named.secondary.kill('SIGKILL')
    try {
      const { code, stdout } = await commands.run(['diff', 'example.com', '--timeout', '2s'])
      expect(code).toBe(3)
      expect(stdout).toMatch(/secondary secondary \(127\.0\.0\.1 port \d+\): \? could not be asked: .*ECONNREFUSED/)
      expect(stdout).toContain('1 server could not be asked')
    } finally {
      await commands.bindy.named.secondary.restart()
    }
  })
})

/** The records of a dump or an answer without its spaces, in order. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.replace(/\s+/g, ' ').trim().toLowerCase())
    .filter(line => line !== '' && !line.startsWith(';'))
    .sort()
}
