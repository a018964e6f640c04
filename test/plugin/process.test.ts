import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { run } from '../cluster/index.ts'
import { BuiltPlugin } from './kubectlbindy.ts'

/* The plugin as a process: what it ends with, where it writes, and how it takes its leave. */

const plugin = new BuiltPlugin()
let silent: Server

jest.setTimeout(30_000)
beforeAll(async () => {
  await plugin.build()
  silent = createServer(() => {}) // takes requests and never answers
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
})
afterAll(async () => {
  silent.closeAllConnections()
  silent.close()
  await plugin.remove()
})

/** A kubeconfig for a server, written beside the plugin. */
function kubeconfig(server: string, cluster: object = {}): string {
  const path = join(plugin.directory, 'kubeconfig')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server, ...cluster } }],
    users: [{ name: 'u', user: { token: 't' } }],
  }
  writeFileSync(path, JSON.stringify(config))
  return path
}

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

describe('kubectl bindy', () => {
  test('shows its commands, and the help of each, without a cluster', async () => {
    const all = await plugin.run([])
    expect(all).toMatchObject({ code: 0, stderr: '' })
    expect(all.stdout).toContain('kubectl bindy [COMMAND]')
    expect(await plugin.run(['-h'])).toEqual(all)
    expect((await plugin.run(['zone', 'create', '--help'])).stdout).toContain('$ kubectl bindy zone create ZONE')
    expect((await plugin.run(['help', 'zone', 'create'])).stdout).toContain('$ kubectl bindy zone create ZONE')
  })

  test('shows the default of a duration as it would be typed', async () => {
    expect((await plugin.run(['check', '--help'])).stdout).toMatch(/--timeout=DURATION +\[default: 5s\] how long/)
  })

  test('takes several values of a flag with commas between', async () => {
    const words = ['check', '--only', 'dns,control-plane,kubernetes', '--kubeconfig', kubeconfig('http://127.0.0.1:1')]
    expect((await plugin.run(words)).stdout).toMatch(/^kubernetes\n.*BND-C001/s)
  })

  test('shows the help of a command whose first word is one itself', async () => {
    expect((await plugin.run(['status', 'zone', '--help'])).stdout).toContain('$ kubectl bindy status zone ZONE')
    expect((await plugin.run(['status', '--help'])).stdout).toContain('$ kubectl bindy status [CLUSTER]')
  })

  const usage: [words: string, stderr: string][] = [
    ['zne list', 'error: "zne list" is not a command\n  fix: kubectl bindy zone list\n'],
    ['status --frobnicate', 'error: Nonexistent flag: --frobnicate\n  fix: add --help to see what the command takes\n'],
    [
      'zone list -o xml',
      'error: Expected --output=xml to be one of: table, wide, json, yaml, name\n  fix: add --help to see what the command takes\n',
    ],
    ['status --wait=soon', 'error: --wait: "soon" is not a duration\n  fix: write it as 30s, 5m or 1h30m\n'],
    [
      'record add www.example.com B 192.0.2.1',
      'error: "B" is not a type of record that Bindy keeps\n  fix: one of A, AAAA, CNAME, MX, NS, TXT, SRV, CAA, PTR, SSHFP, TLSA\n',
    ],
    [
      'record add www.example.com A 192.0.2.256',
      'error: A ipv4Address: "192.0.2.256" is not an IPv4 address, such as 192.0.2.10\n',
    ],
    ['record add www.example.com MX 70000 mail.', 'error: MX priority: "70000" is not a number from 0 to 65535\n'],
    [
      'record add www.example.com MX 10',
      'error: MX takes 2 words a record, PRIORITY MAILSERVER; given: 1\n  fix: for example 10 mail.example.com.\n',
    ],
    [
      'rndc ns1 stop',
      'error: "stop" is not a verb that only reads\n  fix: one of null, status, zonestatus, showzone\n',
    ],
  ]
  test.each(usage)('ends with 2 after a wrong "%s", and says what is right', async (words, stderr) => {
    expect(await plugin.run(words.split(' '))).toEqual({ code: 2, stdout: '', stderr })
  })

  test('ends with 3 where there is no API server, and says why', async () => {
    const { code, stdout, stderr } = await plugin.run([
      'zone',
      'list',
      '--kubeconfig',
      kubeconfig('http://127.0.0.1:1'),
    ])
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toMatch(
      /^error: Cannot list .* ECONNREFUSED .*\n {2}fix: see that the cluster runs: kubectl cluster-info\n$/,
    )
  })

  test('gives an answer up after --request-timeout', async () => {
    const words = ['zone', 'list', '--request-timeout', '300ms', '--kubeconfig', kubeconfig(urlOf(silent))]
    const { code, stderr } = await plugin.run(words)
    expect([code, stderr]).toEqual([3, expect.stringContaining('Headers Timeout Error')])
  })

  test('goes through the proxy of the kubeconfig', async () => {
    const through: (string | undefined)[] = []
    const proxy = createServer(({ url }, response) => {
      through.push(url)
      response.end(JSON.stringify({ metadata: {}, items: [] }))
    })
    await once(proxy.listen(0, '127.0.0.1'), 'listening')
    const config = kubeconfig('http://dns.invalid', { 'proxy-url': urlOf(proxy) })
    const { code, stderr } = await plugin.run(['zone', 'list', '--kubeconfig', config])
    proxy.close()
    const path = '/apis/bindy.firestoned.io/v1alpha1/namespaces/default/dnszones'
    expect([code, stderr, through]).toEqual([0, '', [`http://dns.invalid${path}?limit=500`]])
  })

  test('ends with 130 at Ctrl-C, in the middle of a request, and says nothing', async () => {
    const asked = once(silent, 'request')
    const child = plugin.start(['status', '--kubeconfig', kubeconfig(urlOf(silent))])
    const said: Buffer[] = []
    child.stderr.on('data', chunk => said.push(chunk))
    await asked
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([130, null])
    expect(Buffer.concat(said).toString()).toBe('')
  })

  test('ends in silence when its reader has seen enough', async () => {
    const items = Array.from({ length: 5000 }, (_, i) => ({
      metadata: { namespace: 'default', name: `host-${i}`, creationTimestamp: '2026-11-21T12:00:00Z' },
      spec: { zone: 'example.com', name: `host-${i}`, ipv4Address: '192.0.2.1' },
    }))
    const api = createServer(({ url = '' }, response) => {
      const list = { apiVersion: 'bindy.firestoned.io/v1alpha1', kind: 'ARecordList', metadata: {} }
      response.end(JSON.stringify({ ...list, items: url.includes('/arecords') ? items : [] }))
    })
    await once(api.listen(0, '127.0.0.1'), 'listening')
    const bindy = `'${process.execPath}' '${plugin.program()}' record list --kubeconfig '${kubeconfig(urlOf(api))}'`
    const first = async (form: string) => {
      const line = `${bindy} -o ${form} | head -1; echo "\${PIPESTATUS[0]}"`
      return run('bash', ['-c', line], { env: plugin.env() })
    }
    const zone = { code: 0, stdout: 'host-0.example.com. IN A 192.0.2.1\n0\n', stderr: '' }
    expect(await first('zone')).toEqual(zone)
    expect(await first('json')).toEqual({ code: 0, stdout: '{\n0\n', stderr: '' })
    expect(await first('yaml')).toEqual({ code: 0, stdout: 'apiVersion: v1\n0\n', stderr: '' })
    const table = await first('table')
    expect(table).toEqual({ code: 0, stdout: expect.stringMatching(/^NAME .*\n0\n$/), stderr: '' })
    api.close()
  })

  const colours: [env: object, words: string[], painted: boolean][] = [
    [{}, [], false],
    [{ FORCE_COLOR: '1' }, [], true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, [], false],
    [{ NO_COLOR: '1' }, ['--color=always'], true],
    [{ FORCE_COLOR: '1' }, ['--color=never'], false],
  ]
  test.each(colours)('with %j and %j paints: %j', async (env, words, painted) => {
    const { stderr } = await plugin.run(['rndc', 'ns1', 'stop', ...words], env as Record<string, string>)
    expect(stderr.includes('\x1b[')).toBe(painted)
  })

  test('says which Node it needs where an older one runs it', async () => {
    const older = `Object.defineProperty(process.versions, 'node', { value: '20.19.0' }); process.argv[1] = 'x'; import(${JSON.stringify(plugin.program())})`
    const { code, stderr } = await run(process.execPath, ['-e', older], { env: plugin.env() })
    expect([code, stderr]).toEqual([3, 'error: kubectl bindy cannot run on Node 20.19.0: 22.19 or newer is needed\n'])
  })

  test('says no word of its caches where there is no place for them', async () => {
    const words = ['version', '--client']
    const usual = await plugin.run(words)
    expect(usual).toMatchObject({ code: 0, stderr: '' })
    expect(await plugin.run(words, { XDG_CACHE_HOME: '/dev/null/caches' })).toEqual(usual)
    const preload = join(plugin.directory, 'homeless.cjs')
    writeFileSync(preload, `require('node:os').homedir = () => { throw new Error('no such user') }`)
    const homeless = { XDG_CACHE_HOME: '', NODE_OPTIONS: `--require=${preload}` }
    expect(await plugin.run(words, homeless)).toEqual(usual)
    expect(await plugin.run(['__complete', 'zone', 'l'], homeless)).toMatchObject({ code: 0, stderr: '' })
  })

  test('prints YAML to begin with that is valid, and writes nothing', async () => {
    const { parseAllDocuments } = await import('yaml')
    const { code, stdout } = await plugin.run(['init', '--zone', 'example.org', '-n', 'dns'])
    const documents = parseAllDocuments(stdout)
    expect([code, documents.flatMap(({ errors }) => errors)]).toEqual([0, []])
    expect(documents.map(one => one.toJS().kind)).toEqual(['Bind9Instance', 'Secret', 'Secret', 'DNSZone', 'ARecord'])
  })
})

describe('kubectl_complete-bindy', () => {
  const complete = async (...words: string[]) => {
    const { stdout } = await run(process.execPath, [plugin.program('kubectl_complete-bindy'), ...words], {
      env: plugin.env(),
    })
    return stdout.split('\n').map(line => line.split('\t')[0])
  }

  test('offers commands, flags and values, and no files', async () => {
    expect(await complete('zone', 'l')).toEqual(['list', ':4', ''])
    expect(await complete('status', '--li')).toEqual([':4', ''])
    expect(await complete('status', 'zone', '--li')).toEqual(['--live', ':4', ''])
    expect(await complete('zone', 'list', '-o', '')).toEqual(['table', 'wide', 'json', 'yaml', 'name', ':4', ''])
    expect(await complete('record', 'add', 'www.example.com', 'CN')).toEqual(['CNAME', ':4', ''])
  })

  test('offers nothing, and says nothing, where there is no cluster', async () => {
    expect(await complete('zone', 'delete', '')).toEqual([':4', ''])
  })
})
