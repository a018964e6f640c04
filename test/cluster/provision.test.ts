import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type Directory, temporaryDirectory, until } from './index.ts'

// The real provisioning, into an empty cache, with a `go` of ours on the PATH that says when it is at work and writes
// half of the program until it may finish.
let place: Directory
let environment: NodeJS.ProcessEnv

beforeEach(() => {
  place = temporaryDirectory()
  const bin = join(place.path, 'bin')
  mkdirSync(bin)
  mkdirSync(join(place.path, 'cache'))
  writeFileSync(
    join(bin, 'go'),
    `#!/bin/sh
[ "$1" = version ] && exit 0
echo "$6" >> '${place.path}/builds'
echo half > "$6"
while [ ! -e '${place.path}/finish' ]; do sleep 0.05; done
echo whole > "$6"
`,
  )
  chmodSync(join(bin, 'go'), 0o755)
  const PATH = `${bin}${delimiter}${process.env.PATH}`
  environment = { ...process.env, PATH, XDG_CACHE_HOME: join(place.path, 'cache'), KUBEBUILDER_ASSETS: '' }
})

afterEach(() => place.remove())

function provision(): ChildProcess {
  const args = [join(import.meta.dirname, 'provision.ts'), 'cluster']
  return spawn(process.execPath, args, { env: environment, stdio: ['ignore', 'ignore', 'pipe'] })
}

const filesInCache = () =>
  readdirSync(join(place.path, 'cache'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))

const builds = () => {
  try {
    return readFileSync(join(place.path, 'builds'), 'utf8').trim().split('\n')
  } catch {
    return []
  }
}

const finish = () => writeFileSync(join(place.path, 'finish'), '')

test.each(['SIGINT', 'SIGKILL'] as const)('%s in the middle of a build leaves nothing in the cache', async signal => {
  const child = provision()
  await until('the build has begun', () => builds().length === 1 && filesInCache().length === 1)
  child.kill(signal)
  await once(child, 'exit')
  await until('the cache is empty', () => filesInCache().length === 0)

  finish()
  const [code] = await once(provision(), 'exit')
  expect(code).toBe(0)
  expect(filesInCache().map(path => readFileSync(path, 'utf8'))).toEqual(['whole\n', 'whole\n', 'whole\n'])
})

test('two processes that need the same parts build them once', async () => {
  const first = provision()
  await until('the build has begun', () => builds().length === 1)
  const second = provision()
  const [said] = await once(second.stderr as NodeJS.ReadableStream, 'data')
  expect(String(said)).toContain('another process is making it')
  const ends = [once(first, 'exit'), once(second, 'exit')]
  finish()
  expect((await Promise.all(ends)).map(([code]) => code)).toEqual([0, 0])
  expect(builds().length).toBe(3)
})

test('a process that waits takes over when the one that builds is killed', async () => {
  const first = provision()
  await until('the build has begun', () => builds().length === 1)
  const second = provision()
  await once(second.stderr as NodeJS.ReadableStream, 'data')
  const end = once(second, 'exit')
  first.kill('SIGKILL')
  finish()
  expect(await end).toEqual([0, null])
  expect(filesInCache().map(path => readFileSync(path, 'utf8'))).toEqual(['whole\n', 'whole\n', 'whole\n'])
})

test('without go the error says what to install', async () => {
  writeFileSync(join(place.path, 'bin/go'), '#!/bin/sh\nexit 127\n')
  const child = provision()
  const [said, [code]] = await Promise.all([text(child.stderr as NodeJS.ReadableStream), once(child, 'close')])
  expect(code).toBe(1)
  expect(said).toMatch(
    /Cannot find kube-apiserver, kubectl, etcd .* install Go 1\.26 or newer .* set KUBEBUILDER_ASSETS/,
  )
})

test('without a program in KUBEBUILDER_ASSETS the error names it', async () => {
  environment = { ...environment, KUBEBUILDER_ASSETS: place.path }
  writeFileSync(join(place.path, 'etcd'), '')
  const child = provision()
  const [said, [code]] = await Promise.all([text(child.stderr as NodeJS.ReadableStream), once(child, 'close')])
  expect(code).toBe(1)
  expect(said).toContain(`Cannot find kube-apiserver, kubectl in KUBEBUILDER_ASSETS, ${place.path}`)
})
