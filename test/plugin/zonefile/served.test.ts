import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { provideBind9, run } from '../../cluster/index.ts'
import { serialOf } from '../../controller/e2e/answers.ts'
import { screen } from '../kubectlbindy.ts'
import { Commands } from './commands.ts'

/* zone export and diff, as processes against a real API server, a controller and two named. */

const commands = new Commands()

jest.setTimeout(120_000)
beforeAll(() => commands.start(), 120_000)
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
    const yaml = await commands.run(['zone', 'export', 'example.com', '-o', 'yaml'])
    const other = await commands.bindy.namespace()
    const applied = await commands.bindy.api.kubectl(['apply', '-n', other.name, '-f', '-'], {
      input: yaml.stdout.replaceAll(/^ +namespace: .*\n/gm, ''),
    })
    expect([applied.code, applied.stderr]).toEqual([0, ''])
    expect(await other.list('arecords')).toHaveLength(6)
    const all = await commands.run(['zone', 'export', '--all', '--directory', join(commands.directory.path, 'all')])
    expect([all.code, all.stdout]).toEqual([
      0,
      `${commands.directory.path}/all/example.com.zone\n${commands.directory.path}/all/example.org.zone\n`,
    ])
    expect(readFileSync(join(commands.directory.path, 'all/example.org.zone'), 'utf8')).toContain(
      'ns1 3600 IN A 127.0.0.1 ; DNSZone/example.org',
    )
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
      for (const columns of [80, 120]) {
        const { stdout } = await commands.run(['diff', 'example.com'], { columns })
        const { seen, kept } = screen(`diff-${columns}`, stdout.replace(/port \d+/g, 'port 53'))
        expect(seen).toBe(kept)
      }
      const json = await commands.run(['diff', 'example.com', '-o', 'json'])
      expect([json.code, JSON.parse(json.stdout).items[0].lines.map(({ sign }: { sign: string }) => sign)]).toEqual([
        1,
        ['~', '~', '+', '-'],
      ])
    } finally {
      commands.bindy.startController()
    }
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
