import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { kinds } from '#crds'
import { run } from '../cluster/index.ts'
import { BuiltPlugin } from './kubectlbindy.ts'

/* The plugin as a process: what it ends with, where it writes, and how it takes its leave. */

const plugin = new BuiltPlugin()
let silent: Server
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
function kubeconfig(server: string, cluster: object = {}, user: object = { token: 't' }): string {
  const path = join(plugin.directory, 'kubeconfig')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server, ...cluster } }],
    users: [{ name: 'u', user }],
  }
  writeFileSync(path, JSON.stringify(config))
  return path
}

/** An API server of a few zones, the first one with 5,000 records. */
async function serveHosts(zoneNames = ['example.com']): Promise<Server> {
  const metadata = { namespace: 'default', creationTimestamp: '2026-11-21T12:00:00Z' }
  const times = { refresh: 3600, retry: 600, expire: 604_800, negativeTtl: 300 }
  const soaRecord = { primaryNs: 'ns.example.net.', adminEmail: 'hostmaster@example.com', serial: 1, ...times }
  const zones = zoneNames.map(zoneName => ({
    metadata: { ...metadata, name: zoneName.replaceAll('.', '-') },
    spec: { zoneName, clusterRef: 'ns1', soaRecord, ttl: 60 },
  }))
  const records = Array.from({ length: 5000 }, (_, i) => ({
    metadata: { ...metadata, name: `host-${i}` },
    spec: { zone: 'example.com', name: `host-${i}`, ipv4Address: '192.0.2.1' },
  }))
  const api = createServer(({ url = '' }, response) => {
    const list = { apiVersion: 'bindy.firestoned.io/v1alpha1', kind: 'ARecordList', metadata: {} }
    const items = url.includes('/arecords') ? records : url.includes('/dnszones') ? zones : []
    response.end(JSON.stringify({ ...list, items }))
  })
  await once(api.listen(0, '127.0.0.1'), 'listening')
  return api
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

  test('prints how completion is turned on in each shell, and what kubectl runs for it', async () => {
    const printed = async (shell: string) => (await plugin.run(['completion', shell])).stdout
    expect(await printed('bash')).toBe('source <(kubectl completion bash)\n')
    expect(await printed('zsh')).toBe('source <(kubectl completion zsh)\n')
    expect(await printed('fish')).toBe('kubectl completion fish | source\n')
    const script = await printed('kubectl')
    const kubectl = `kubectl() { shift; '${process.execPath}' '${plugin.program()}' "$@"; }`
    const asked = script.replace(/^exec /m, '')
    const { stdout } = await run('sh', ['-c', `${kubectl}\n${asked}`, 'sh', 'zone', 'l'], { env: plugin.env() })
    expect(stdout).toBe('list\tList zones, and how they are served\n:4\n')
  })

  test('prints its versions for a program', async () => {
    const { stdout } = await plugin.run(['version', '--client', '-o', 'json'])
    expect(JSON.parse(stdout)).toEqual({
      apiVersion: 'cli.bindy/v1',
      kind: 'Version',
      client: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      api: 'bindy.firestoned.io/v1alpha1',
    })
  })

  test('shows the default of a duration as it would be typed', async () => {
    expect((await plugin.run(['check', '--help'])).stdout).toMatch(/--timeout=DURATION +\[default: 5s\] how long/)
  })

  test('shows what a plugin of the kubeconfig says while it signs somebody in, in a terminal', async () => {
    const script = `test -t 0 && echo enter code 1234 >&2; echo '{"status":{"token":"t"}}'`
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script] }
    const config = kubeconfig('http://127.0.0.1:1', {}, { exec })
    const { shown } = await plugin.answering('', ['zone', 'list', '--kubeconfig', config])
    expect(shown).toContain('enter code 1234\n')
  })

  test('takes several values of a flag with commas between', async () => {
    const words = ['check', '--only', 'dns,webhook,kubernetes', '--kubeconfig', kubeconfig('http://127.0.0.1:1')]
    expect((await plugin.run(words)).stdout).toMatch(/^kubernetes\n.*BND-C001/s)
  })

  test('shows the help of a command whose first word is one itself', async () => {
    expect((await plugin.run(['status', 'zone', '--help'])).stdout).toContain('$ kubectl bindy status zone ZONE')
    expect((await plugin.run(['status', '--help'])).stdout).toContain('$ kubectl bindy status [CLUSTER]')
  })

  const usage: [words: string, stderr: string][] = [
    ['zne list', 'error: "zne list" is not a command\n  fix: kubectl bindy zone list\n'],
    ['status --frobnicate', 'error: Nonexistent flag: --frobnicate\n  fix: add --help to see what the command takes\n'],
    ['zone list -o xml', 'error: --output: xml is none of its forms\n  fix: one of table, wide, json, yaml, name\n'],
    [
      'check -o name',
      'error: --output: name is of objects, and checks are none\n  fix: one of table, wide, short, json, yaml\n',
    ],
    [
      'graph -owide',
      'error: --output: wide has columns, and a graph has none: kubectl bindy status has\n  fix: one of tree, mermaid, dot, json, yaml, name\n',
    ],
    ['rndc ns1 status -o json', 'error: rndc has no -o: it prints in one form alone\n  fix: leave it out\n'],
    [
      'zone export --all --directory zones -o name',
      'error: Names go to standard output, and into no files\n  fix: leave out --directory\n',
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

  test('ends with 2 where --as-group is given and nobody to act as, as the kubeconfig may say too', async () => {
    const groupOf = (user: object) =>
      plugin.run(['zone', 'list', '--as-group', 'dns', '--kubeconfig', kubeconfig('http://127.0.0.1:1', {}, user)])
    expect(await groupOf({ token: 't' })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: Cannot act as a group alone: --as must name a user\n  fix: add --as USER\n',
    })
    expect(await groupOf({ token: 't', as: 'eve' })).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('ECONNREFUSED'),
    })
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

  const unchecked: [words: string, code: number, found: RegExp][] = [
    ['check --only dns', 3, /^kubernetes\n\? .*ECONNREFUSED.* \[BND-C001\]\n/],
    ['check --only webhook --wait=1ms', 3, /\[BND-C001\]/],
    ['check --pre', 3, /\[BND-C001\]/],
  ]
  test.each(unchecked)('"%s" cannot find out without an API server, and ends with %i', async (words, code, found) => {
    const ended = await plugin.run([...words.split(' '), '--kubeconfig', kubeconfig('http://127.0.0.1:1')])
    expect(ended).toEqual({ code, stderr: '', stdout: expect.stringMatching(found) })
  })

  test('check says that no kind of Bindy is installed, whichever part is asked for', async () => {
    const api = createServer(({ url }, response) => {
      if (url !== '/version') response.statusCode = 404
      response.end(JSON.stringify(url === '/version' ? { gitVersion: 'v1.36.3' } : { kind: 'Status' }))
    })
    await once(api.listen(0, '127.0.0.1'), 'listening')
    const { code, stdout } = await plugin.run(['check', '--only', 'dns', '--kubeconfig', kubeconfig(urlOf(api))])
    api.close()
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^kubernetes\n.*\n✖ no kind of Bindy is installed/)])
  })

  describe('with a zone that its object says is served', () => {
    const metadata = { namespace: 'default', name: 'a', generation: 1 }
    const conditions = [{ type: 'Ready', status: 'True', reason: 'Served', message: '', observedGeneration: 1 }]
    const servers = [{ instance: 'a', role: 'primary', state: 'Served', serial: 1 }]
    const zone = {
      kind: 'DNSZone',
      metadata,
      spec: { zoneName: 'a.test', clusterRef: 'c' },
      status: { observedGeneration: 1, conditions, servers, serial: 1 },
    }
    const refs = { rndcSecretRef: { name: 'key' }, tsigSecretRef: { name: 'key' } }
    // Nothing listens at port 1.
    const external = { address: '127.0.0.1', dnsPort: 1, rndcPort: 1, ...refs }
    const condition = { ...conditions[0], reason: 'Reachable', message: '' }
    const status = { conditions: [condition] }
    const instance = { kind: 'Bind9Instance', metadata, spec: { clusterRef: 'c', role: 'primary', external }, status }
    const data = Object.fromEntries(
      Object.entries({ 'key-name': 'k', algorithm: 'hmac-sha256', secret: 'c2VjcmV0' }).map(([field, text]) => [
        field,
        Buffer.from(text).toString('base64'),
      ]),
    )
    const installed = kinds.map(({ plural }) => ({ name: plural }))
    let api: Server
    let lastRenewMs: () => number
    beforeAll(async () => {
      api = createServer(({ url = '' }, response) => {
        if (url.includes('watch=true')) return void response.flushHeaders()
        if (url.endsWith('/v1alpha1')) return void response.end(JSON.stringify({ resources: installed }))
        if (url.includes('/secrets/')) return void response.end(JSON.stringify({ metadata, data }))
        const lease = () => ({ metadata, spec: { holderIdentity: 'c', renewTime: new Date(lastRenewMs()) } })
        const items = { leases: () => [lease()], dnszones: () => [zone], bind9instances: () => [instance] }
        const [, found] = Object.entries(items).find(([plural]) => url.includes(`/${plural}`)) ?? []
        response.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items: found?.() ?? [] }))
      })
      await once(api.listen(0, '127.0.0.1'), 'listening')
    })
    beforeEach(() => {
      lastRenewMs = Date.now
    })
    afterAll(() => {
      api.closeAllConnections()
      api.close()
    })
    const bindy = (words: string) => plugin.run([...words.split(' '), '--kubeconfig', kubeconfig(urlOf(api))])

    test('status --wait sees a controller take its Lease, which no watch tells of', async () => {
      let looks = 0
      lastRenewMs = () => (++looks > 3 ? Date.now() : 0)
      const { code, stdout, stderr } = await bindy('status --wait=60s')
      expect([code, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(/^.{9} zones 1\/1 records 0\/0 attention 1\n.{9} zones 1\/1 records 0\/0 attention 0\n$/)
    })

    test('check warns of a weak key', async () => {
      condition.reason = 'WeakKey'
      condition.message = 'by a weak key: k (hmac-sha1)'
      const weak = await bindy('check --only dns -o short')
      Object.assign(condition, { reason: 'Reachable', message: '' })
      expect(weak.stdout).toMatch(
        /^⚠ Bind9Instance default\/a: by a weak key: k \(hmac-sha1\) \[BND-C032\]\n {4}fix: Make/m,
      )
      expect((await bindy('check --only dns -o short')).stdout).not.toContain('BND-C032')
    })

    const askedInVain: [how: string, row: RegExp][] = [
      ['--live', /^a +primary +127.0.0.1 +- +1 +-\? +✔ Ready$/m],
      ['--rndc', /^a +primary +127.0.0.1 +- +Unreachable +1 +- +✔ Ready$/m],
    ]
    test.each(askedInVain)('status %s ends with 3 where no server answers, and names it', async (how, row) => {
      const { code, stdout, stderr } = await bindy(`status ${how}`)
      expect([code, stderr]).toEqual([3, ''])
      expect(stdout).toMatch(row)
      expect(stdout).toMatch(/⚠ Bind9Instance a\n.* not asked, .* ECONNREFUSED\n/)
      expect(stdout).toMatch(/\nLevel: what the objects say, since no server answered\n$/)
      expect(await bindy('status')).toMatchObject({ code: 0, stderr: '' })
    })

    test.each(['--live', '--rndc', '--live --rndc'])(
      'status zone %s ends with 3 where no server answers',
      async how => {
        const { code, stdout, stderr } = await bindy(`status zone a.test ${how}`)
        expect([code, stderr]).toEqual([3, ''])
        expect(stdout).toMatch(/^a +primary +1 +✔ Served +Unreachable/m)
        expect(stdout).toContain('a: Cannot')
        expect(stdout).toMatch(/\nLevel: what the objects say, since no server answered\n$/)
      },
    )
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

  test('diff -o name folds what it says of a server that could not be asked', async () => {
    const api = await serveHosts()
    const words = ['diff', 'example.com', '-o', 'name', '--kubeconfig', kubeconfig(urlOf(api))]
    expect(await plugin.run(words, { COLUMNS: '50' })).toEqual({
      code: 3,
      stdout: '',
      stderr: `example.com   no server: ? could not be asked: no\n${' '.repeat(14)}instance is to serve the zone\n`,
    })
    api.close()
  })

  test('ends in silence when its reader has seen enough', async () => {
    const api = await serveHosts()
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

  describe('writes each of its files, though nobody reads what it prints:', () => {
    const unread = async (words: readonly string[], input = '') => {
      const child = plugin.start(words)
      child.stdout.destroy()
      child.stderr.destroy()
      child.stdin.end(input)
      return once(child, 'exit')
    }
    const directory = (name: string) => join(plugin.directory, name)

    test('init', async () => {
      expect(await unread(['init', '--directory', directory('tree')])).toEqual([0, null])
      expect(readdirSync(directory('tree'))).toHaveLength(10)
    })

    test('zone export', async () => {
      const zoneNames = ['example.com', 'example.net', 'example.org', 'example.test']
      const api = await serveHosts(zoneNames)
      const words = ['zone', 'export', '--all', `--directory=${directory('zones')}`]
      expect(await unread([...words, '--kubeconfig', kubeconfig(urlOf(api))])).toEqual([0, null])
      expect(readdirSync(directory('zones'))).toEqual(zoneNames.map(name => `${name}.zone`))
      api.close()
    })

    test('lint --fix', async () => {
      const text = (mailServer: string) => `apiVersion: bindy.firestoned.io/v1alpha1
kind: MXRecord
metadata: { name: mx }
spec: { zone: example.com, name: "@", priority: 10, mailServer: ${mailServer} }
`
      const files = ['a.yaml', 'b.yaml'].map(directory)
      for (const file of files) writeFileSync(file, text('mail'))
      expect(await unread(['lint', '--fix', '-', ...files], text('mail'))).toEqual([0, null])
      expect(files.map(file => readFileSync(file, 'utf8'))).toEqual(files.map(() => text('mail.example.com.')))
    })
  })

  test('says what went wrong below all that it printed, where both go to one pipe', async () => {
    const api = await serveHosts()
    const file = join(plugin.directory, 'empty.zone')
    writeFileSync(file, '@ 60 IN SOA ns hostmaster 1 3600 600 604800 300\n@ 60 IN NS ns.example.net.\n')
    const words = `zone import example.com -f '${file}' --prune --kubeconfig '${kubeconfig(urlOf(api))}'`
    const line = `'${process.execPath}' '${plugin.program()}' ${words} 2>&1 | tail -3`
    const { stdout } = await run('bash', ['-c', line], { env: plugin.env() })
    expect(stdout).toMatch(/^error: --prune would take 5,000 of 5,000 records away.*\n {2}why: .*\n {2}fix: .*\n$/)
    api.close()
  })

  const colours: [env: object, words: string[], painted: boolean][] = [
    [{}, [], false],
    [{ FORCE_COLOR: '1' }, [], true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, [], false],
    [{ NO_COLOR: '1' }, ['--color=always'], true],
    [{ NO_COLOR: '1' }, ['--color', 'always'], true],
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
    expect(await complete('zone', 'list', '--li')).toEqual([':4', ''])
    expect(await complete('status', 'zone', '--li')).toEqual(['--live', '--limit', ':4', ''])
    expect(await complete('zone', 'list', '-o', '')).toEqual(['table', 'wide', 'json', 'yaml', 'name', ':4', ''])
    expect(await complete('record', 'add', 'www.example.com', 'CN')).toEqual(['CNAME', ':4', ''])
  })

  test('offers values behind "=" alone, as kubectl does: the shell has the flag already', async () => {
    expect(await complete('zone', 'list', '--output=')).toEqual(['table', 'wide', 'json', 'yaml', 'name', ':4', ''])
    expect(await complete('zone', 'list', '--output=w')).toEqual(['wide', ':4', ''])
    expect(await complete('zone', 'list', '-o=w')).toEqual(['wide', ':4', ''])
    expect(await complete('zone', 'list', '--watch=')).toEqual([':4', ''])
  })

  test('offers them behind flags and their values too', async () => {
    expect(await complete('-n', 'dns', 'zone', 'l')).toEqual(['list', ':4', ''])
    expect(await complete('zone', '-n', 'dns', 'l')).toEqual(['list', ':4', ''])
    expect(await complete('status', '--wait', '30s', 'zone', '--li')).toEqual(['--live', '--limit', ':4', ''])
    expect(await complete('record', '-n', 'dns', 'add', 'www.example.com', 'CN')).toEqual(['CNAME', ':4', ''])
  })

  test('asks again for what it was not told', async () => {
    let isUp = false
    const api = createServer((_, response) => {
      response.statusCode = isUp ? 200 : 503
      response.end(JSON.stringify({ metadata: {}, items: [{ metadata: { name: 'ns1' }, spec: { role: 'primary' } }] }))
    })
    await once(api.listen(0, '127.0.0.1'), 'listening')
    const words = ['rndc', '--kubeconfig', kubeconfig(urlOf(api)), '']
    expect(await complete(...words)).toEqual([':4', ''])
    isUp = true
    expect(await complete(...words)).toEqual(['ns1', ':4', ''])
    api.close()
  })

  test('asks the cluster, as the user and in the namespace that the words before say', async () => {
    // Its instance is called by what it was asked.
    const asked = (path: string | undefined, { authorization, ...headers }: IncomingHttpHeaders) =>
      [path?.split('/')[5], authorization, headers['impersonate-user'], headers['impersonate-group']].join('/')
    const api = createServer(({ url, headers }, response) => {
      const items = [{ metadata: { name: asked(url, headers).replaceAll(' ', '-') }, spec: { role: 'primary' } }]
      response.end(JSON.stringify({ metadata: {}, items }))
    })
    await once(api.listen(0, '127.0.0.1'), 'listening')
    const path = kubeconfig('http://127.0.0.1:1')
    const config = JSON.parse(readFileSync(path, 'utf8'))
    config.clusters.push({ name: 'other', cluster: { server: urlOf(api) } })
    config.users.push({ name: 'robot', user: { token: 'r' } })
    writeFileSync(path, JSON.stringify(config))
    const words = ['rndc', '--kubeconfig', path, '--cluster', 'other', '--user=robot', '-ndns']
    expect(await complete(...words, '')).toEqual(['dns/Bearer-r//', ':4', ''])
    const acting = ['--as', 'ci', '--as-group=a', '--as-group', 'b']
    expect(await complete(...words, ...acting, '')).toEqual(['dns/Bearer-r/ci/a,-b', ':4', ''])
    api.close()
  })

  test('offers nothing, and says nothing, where there is no cluster', async () => {
    expect(await complete('zone', 'delete', '')).toEqual([':4', ''])
  })
})
