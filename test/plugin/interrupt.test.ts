import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer as createApi, type Server } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { kinds } from '#crds'
import { randomKey, until } from '../cluster/index.ts'
import { instanceObjects } from '../cluster/objects.ts'
import { BuiltPlugin } from './kubectlbindy.ts'

/* Ctrl-C while a server, a pipe or a person is waited for. The server takes connections and never says a word. */

const plugin = new BuiltPlugin()
const silent = createServer()
let api: Server
let asked: number
beforeAll(async () => {
  silent.on('connection', socket => {
    socket.resume().on('error', () => {})
    asked++
  })
  await Promise.all([plugin.build(), once(silent.listen(0, '127.0.0.1'), 'listening')])
  api = createApi(({ url = '' }, response) => response.end(JSON.stringify(answerTo(url.split('?')[0] ?? ''))))
  await once(api.listen(0, '127.0.0.1'), 'listening')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u', namespace: 'dns' } }],
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${portOf(api)}` } }],
    users: [{ name: 'u', user: { token: 't' } }],
  }
  writeFileSync(kubeconfig(), JSON.stringify(config))
})
beforeEach(() => {
  asked = 0
})
afterAll(async () => {
  api.closeAllConnections()
  api.close()
  silent.close()
  await plugin.remove()
})

const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port
const kubeconfig = () => join(plugin.directory, 'kubeconfig')

/** A zone with a primary and a secondary, both of them silent. */
function answerTo(path: string): object {
  const [port, rndcKey] = [portOf(silent), randomKey('bindy-rndc')]
  const objects = (['primary', 'secondary'] as const).flatMap(name => {
    const at = { name, address: '127.0.0.1', dnsPort: port, rndcPort: port, rndcKey, tsigKey: randomKey('bindy') }
    return instanceObjects(at, { role: name, clusterRef: 'dns' }) as Made[]
  })
  const zone = {
    kind: 'DNSZone',
    metadata: { name: 'example.com' },
    spec: {
      zoneName: 'example.com',
      clusterRef: 'dns',
      soaRecord: { primaryNs: 'ns1.example.com.', adminEmail: 'admin.example.com.' },
    },
  }
  const all = [...objects, zone].map(one => ({ ...one, metadata: { namespace: 'dns', ...one.metadata } }))
  const plurals: Record<string, string> = { bind9instances: 'Bind9Instance', dnszones: 'DNSZone' }
  const [plural = '', name = ''] = path.split('/').slice(-2)
  if (plural === 'secrets') return secretOf(all.find(one => one.metadata.name === name) as Made)
  if (plural === 'bind9instances')
    return all.find(one => one.metadata.name === name && plurals[plural] === one.kind) ?? {}
  if (path === '/version') return { gitVersion: 'v1.36.3' }
  if (path.endsWith('/v1alpha1')) return { resources: kinds.map(({ plural }) => ({ name: plural })) }
  return { metadata: {}, items: all.filter(({ kind }) => kind === plurals[name]) }
}

function secretOf({ metadata, stringData = {} }: Made): object {
  const inBase64 = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text).toString('base64')])
  return { metadata, data: Object.fromEntries(inBase64) }
}

interface Made {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly stringData?: Readonly<Record<string, string>>
}

describe('Ctrl-C ends with 130, in silence,', () => {
  const waiting: [words: string, connections: number][] = [
    ['status zone example.com --live', 4],
    ['status zone example.com --rndc', 2],
    ['diff example.com', 2],
    ['query www.example.com', 2],
    ['check', 2],
    ['rndc primary status', 1],
    ['zone retransfer example.com', 1],
    ['zone adopt example.com', 1],
  ]
  test.each(waiting)('"%s" while a server says nothing', async (words, connections) => {
    const child = plugin.start([...words.split(' '), '--kubeconfig', kubeconfig()])
    let said = ''
    child.stderr.on('data', chunk => (said += chunk))
    await until('the servers are asked', () => asked === connections)
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([130, null])
    expect(said).toBe('')
  })

  test.each(['lint -', 'zone import example.com -f - --cluster-ref dns'])(
    '"%s" while standard input stays open',
    async words => {
      const child = plugin.start([...words.split(' '), '--kubeconfig', kubeconfig()])
      const said: Buffer[] = []
      child.stderr.on('data', chunk => said.push(chunk))
      // More than a pipe holds: it has been read once the last of it is written.
      await new Promise(resolve => child.stdin.write('; a comment\n'.repeat(20_000), resolve))
      child.kill('SIGINT')
      expect(await once(child, 'close')).toEqual([130, null])
      expect(Buffer.concat(said).toString()).toBe('')
    },
  )

  test('"zone import" while a pipe that it reads stays open', async () => {
    const words = [
      plugin.program(),
      'zone',
      'import',
      'example.com',
      '--cluster-ref',
      'dns',
      '--kubeconfig',
      kubeconfig(),
    ]
    // The shell becomes the plugin; what writes into the pipe tells when all of it has been read.
    const script = `exec "$0" "$@" -f <(head -c 200000 /dev/zero | tr '\\0' ';'; echo written >&2; exec sleep 60)`
    const child = spawn('bash', ['-c', script, process.execPath, ...words], { env: plugin.env(), detached: true })
    let said = ''
    child.stderr.on('data', chunk => (said += chunk))
    await until('it is read', () => said === 'written\n')
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([130, null])
    expect(said).toBe('written\n')
    process.kill(-(child.pid as number), 'SIGKILL')
  })

  /** A question in a terminal, and a key pressed there; what it ends with, and what is shown. */
  const askedAndTold = async (key: string, question: string, words: string) => {
    const pty = plugin.pty(words.split(' '))
    await pty.type(key, { after: question })
    return { code: await pty.end(), shown: (await pty.lines()).join('\n') }
  }
  const freezing = (key: string) =>
    askedAndTold(key, 'Freeze it? [y/N]', `zone freeze example.com --kubeconfig ${kubeconfig()}`)

  test('at a question', async () => {
    expect(await freezing('\x03')).toEqual({
      code: 130,
      shown: expect.stringMatching(/^[^\n]* \[y\/N\] ?(\^C)?$/),
    })
  })

  test('at a value that init asks for, and nothing is written', async () => {
    const directory = join(plugin.directory, 'tree')
    const question = 'Name of the zone [example.com]:'
    expect(await askedAndTold('\x03', question, `init --directory ${directory}`)).toEqual({
      code: 130,
      shown: expect.stringMatching(/^Name of the zone \[example\.com\]: ?(\^C)?$/),
    })
    expect(existsSync(directory)).toBe(false)
  })

  test.each(['\x04', 'n\n'])('but a no there, or the end of input (%j), ends with 1 and says so', async key => {
    const { code, shown } = await freezing(key)
    expect([code, shown]).toEqual([1, expect.stringContaining('Nothing was done: the answer was no')])
  })
})
