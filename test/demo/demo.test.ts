import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { recordTypes } from '#crds'
import { cacheDirectory } from '../cluster/cache.ts'
import { type Directory, run, temporaryDirectory, until } from '../cluster/index.ts'

const root = join(import.meta.dirname, '../..')
let place: Directory
let started: ChildProcess | undefined

beforeEach(() => {
  place = temporaryDirectory()
})

afterEach(async () => {
  if (started?.exitCode === null && started.kill()) await once(started, 'exit')
  await place.remove()
})

interface Demo {
  readonly npm: ChildProcess
  readonly said: { stdout: string; stderr: string }
  readonly end: Promise<number | null>
}

/** Runs a command of the README, with a temporary directory of its own, which marks all processes that come of it. */
function start(command: string, env: NodeJS.ProcessEnv = {}): Demo {
  const [program, ...args] = command.split(' ') as [string, ...string[]]
  const npm = spawn(program, args, { cwd: root, env: { ...process.env, TMPDIR: place.path, ...env } })
  started = npm
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    npm[stream].on('data', chunk => {
      said[stream] += chunk
    })
  return { npm, said, end: once(npm, 'close').then(([code]) => code) }
}

/** The command lines of the processes of a demo that still run. */
function remains(): string[] {
  const mark = `TMPDIR=${place.path}`
  const pids = globSync('/proc/[0-9]*').filter(path => contents(`${path}/environ`).split('\0').includes(mark))
  return pids.map(path => contents(`${path}/cmdline`).replaceAll('\0', ' '))
}

function contents(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // it has ended meanwhile, or is another user's
  }
}

function expectNothingLeft(): void {
  expect(remains()).toEqual([])
  expect(readdirSync(place.path).filter(name => name.startsWith('bindy-'))).toEqual([])
}

test('`npm run demo -- --once` shows that both servers serve every sample, and leaves nothing', async () => {
  const { said, end } = start('npm run demo -- --once')
  const code = await end
  expect({ code, ...said }).toMatchObject({ code: 0 })
  const served = [...said.stdout.matchAll(/^ok {2}\S+ (\S+) +ns1 ns2 {2}(.+)$/gm)].map(([, type, answer]) => [
    type,
    answer,
  ])
  expect(served).toEqual(expect.arrayContaining(recordTypes.map(({ type, example }) => [type, example.text])))
  expect(said.stdout).not.toMatch(/^no /m)
  expect(said.stdout).toMatch(/^ {2}The CNAMERecord "bad" is invalid:\s+\* spec\.\S+ .+ \[BND-R\d+\]$/m)
  expect(said.stdout).toMatch(/^\$ kubectl bindy status\nBindy .* controller (✔|ok) /m)
  expect(said.stderr).toMatch(/both servers serve every sample; \d+ objects are Ready/)
  expectNothingLeft()
})

test('`npm run demo` shows lines that work in another shell, and Ctrl-C ends it with 0', async () => {
  const { npm, said, end } = start('npm run demo')
  await until('the demo waits', () => said.stdout.includes('Ctrl-C here ends all of it'), { timeoutMs: 150_000 })
  const shown = [...said.stdout.matchAll(/^ {2}(\S.*)$/gm)].map(match => match[1] as string)
  const lines = shown.filter(line => /^(\. |dig|kubectl)/.test(line))
  const env = { PATH: '/usr/bin:/bin', HOME: place.path }
  const tried = await run(
    'env',
    ['-i', ...Object.entries(env).map(([name, value]) => `${name}=${value}`), 'sh', '-e'],
    {
      input: lines.join('\n'),
    },
  )
  expect(tried).toMatchObject({ code: 0, stderr: '' })
  expect(tried.stdout).toMatch(/^(192\.0\.2\.10\n){2}NAME .*\nexample-com .*True/)
  expect(tried.stdout).toContain('arecord.bindy.firestoned.io/sample-a patched')
  expect(lines.filter(line => line.length > 78)).toEqual([])
  expect(existsSync(join(place.path, '.kube'))).toBe(false)

  npm.kill('SIGINT')
  expect(await end).toBe(0)
  expectNothingLeft()
})

test.each([
  ['while the servers start', () => remains().some(line => line.includes('/etcd '))],
  ['while the controller starts', () => remains().some(line => line.includes('controller/src/main.ts'))],
  ['while the webhook starts', () => remains().some(line => line.includes('webhook/src/main.ts'))],
] as const)('Ctrl-C %s leaves nothing', async (_when, isThere) => {
  const { npm, said, end } = start('npm run demo -- --once')
  await until('the moment has come', isThere, { timeoutMs: 60_000, everyMs: 5 })
  npm.kill('SIGINT')
  expect(await end).toBe(130)
  expect(said.stderr).toContain('SIGINT: ending everything')
  expect(said.stdout).not.toContain('ASKED')
  expectNothingLeft()
})

// A `go` of ours that is at work for a minute, with a child of its own as the real one has.
test('Ctrl-C in the middle of the build leaves nothing', async () => {
  mkdirSync(join(place.path, 'cache/bindy'), { recursive: true })
  const unpacked = join(cacheDirectory(), 'named')
  if (existsSync(unpacked)) symlinkSync(unpacked, join(place.path, 'cache/bindy/named'))
  writeFileSync(join(place.path, 'go'), '#!/bin/sh\n[ "$1" = version ] && exit 0\necho half > "$6"\nsleep 60\n:\n')
  chmodSync(join(place.path, 'go'), 0o755)
  const { npm, end } = start('npm run demo -- --once', {
    PATH: `${place.path}${delimiter}${process.env.PATH}`,
    XDG_CACHE_HOME: join(place.path, 'cache'),
    KUBEBUILDER_ASSETS: '',
  })
  await until('the build has begun', () => remains().includes('sleep 60 '), { timeoutMs: 60_000 })
  npm.kill('SIGINT')
  expect(await end).toBe(130)
  expectNothingLeft()
  expect(readdirSync(join(place.path, 'cache/bindy/cluster'))).toEqual([])
})
