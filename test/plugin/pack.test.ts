import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { type Packed, packPlugin } from '../../plugin/pack.ts'
import { provideKubernetes, type RunningApiServer, run, startApiServer, temporaryDirectory } from '../cluster/index.ts'

/* The tarball as its users have it: installed into an empty prefix, found by the real kubectl. */

const place = temporaryDirectory()
const prefix = join(place.path, 'prefix')
let packed: Packed
let api: RunningApiServer
let env: Record<string, string>
beforeAll(async () => {
  const [kubernetes, started, made] = await Promise.all([
    provideKubernetes(),
    startApiServer(),
    packPlugin(join(place.path, 'dist'), { url: 'https://dns.example/releases/' }),
  ])
  packed = made
  api = started
  await api.installCrds(join(import.meta.dirname, '../../crds'))
  const { code, stderr } = await run(
    'npm',
    ['install', '--offline', '--global', '--no-audit', '--prefix', prefix, packed.tarball],
    {
      env: { npm_config_cache: join(place.path, 'npm') },
    },
  )
  if (code !== 0) throw new Error(`Cannot install the tarball: ${stderr}`)
  const path = [join(prefix, 'bin'), dirname(process.execPath), dirname(kubernetes.kubectl), '/usr/bin', '/bin']
  env = { PATH: path.join(delimiter), HOME: place.path, KUBECONFIG: api.kubeconfig, LANG: 'C.UTF-8' }
})
afterAll(async () => {
  await api.stop()
  await place.remove()
})

const kubectl = (...words: string[]) => run('kubectl', words, { env, cwd: place.path })

test('kubectl runs the installed plugin, against the cluster of its context', async () => {
  const version = await kubectl('bindy', 'version')
  expect(version).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^kubectl bindy \d+\.\d+\.\d+, for .*\nKubernetes v1\./),
  })
  const words =
    'bindy zone create example.com --cluster-ref dns --primary-ns ns1.example.com. --admin-email a@example.com'
  expect(await kubectl(...words.split(' '))).toMatchObject({
    code: 0,
    stdout: 'dnszone.bindy.firestoned.io/example-com created\n',
  })
  expect((await kubectl('get', 'dnszone', '-o', 'name')).stdout).toBe('dnszone.bindy.firestoned.io/example-com\n')
  expect((await kubectl('bindy', 'status', 'zone', 'nope')).code).toBe(3)
})

test('kubectl lists the plugin without a complaint, and completes its words', async () => {
  const { stdout, stderr } = await kubectl('plugin', 'list')
  expect(stdout).toContain(join(prefix, 'bin', 'kubectl-bindy'))
  expect(stderr).toBe('')
  const completed = await kubectl('__complete', 'bindy', 'zone', 'l')
  expect(completed.stdout).toBe('list\tList zones, and how they are served\n:4\n')
})

test('the Krew manifest names the tarball and its digest', () => {
  const { metadata, spec } = parse(readFileSync(packed.krewManifest, 'utf8'))
  const sha256 = createHash('sha256').update(readFileSync(packed.tarball)).digest('hex')
  const file = packed.tarball.slice(packed.tarball.lastIndexOf('/') + 1)
  expect(metadata.name).toBe('bindy')
  expect(spec.platforms).toHaveLength(4)
  for (const platform of spec.platforms)
    expect(platform).toMatchObject({ uri: `https://dns.example/releases/${file}`, sha256, bin: 'kubectl-bindy.mjs' })
})

test('the tarball holds nothing but the plugin, and needs no other package', async () => {
  const { stdout } = await run('tar', ['-tzf', packed.tarball])
  const others = stdout
    .trim()
    .split('\n')
    .filter(name => !/^package\/([a-z]+|[a-z]+-\w+|kubectl[-_]\w*-?bindy)\.mjs(\.LEGAL\.txt)?$/.test(name))
  expect(others.sort()).toEqual([
    'package/LICENSE',
    'package/cli.bindy-v1.schema.json',
    'package/outline.json',
    'package/package.json',
  ])
  const { dependencies } = JSON.parse(readFileSync(join(prefix, 'lib/node_modules/kubectl-bindy/package.json'), 'utf8'))
  expect(dependencies).toBeUndefined()
})

test('the k9s plugin calls commands and flags that there are', async () => {
  const { plugins } = parse(readFileSync(join(import.meta.dirname, '../../plugin/k9s/bindy.yaml'), 'utf8'))
  const { commands } = JSON.parse(readFileSync(join(prefix, 'lib/node_modules/kubectl-bindy/outline.json'), 'utf8'))
  for (const { args } of Object.values<{ args: string[] }>(plugins)) {
    const words = args
      .join(' ')
      .replace(/^-c kubectl /, '')
      .replace(/^bindy /, '')
      .split(' ')
    const command =
      commands.find(({ id }: { id: string }) => id === words.slice(0, 2).join(':')) ??
      commands.find(({ id }: { id: string }) => id === words[0])
    const known = command.flags.flatMap(({ name, char }: { name: string; char?: string }) => [`--${name}`, `-${char}`])
    expect(known).toEqual(
      expect.arrayContaining(words.slice(0, words.indexOf('|') + 1 || undefined).filter(word => word.startsWith('-'))),
    )
  }
})
