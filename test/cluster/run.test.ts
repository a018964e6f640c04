import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type Directory, temporaryDirectory, until } from './index.ts'

// run.mjs in a checkout of its own, with an `npm` of ours on the PATH that notes each call and ends when it may.
let checkout: Directory
let at: (file: string) => string

beforeEach(() => {
  checkout = temporaryDirectory()
  at = file => join(checkout.path, file)
  for (const directory of ['bin', 'test/cluster', 'node_modules']) mkdirSync(at(directory), { recursive: true })
  for (const file of ['run.mjs', 'lock.mjs', 'progress.mjs'])
    copyFileSync(join(import.meta.dirname, file), at(`test/cluster/${file}`))
  writeFileSync(at('package-lock.json'), '{}')
  writeFileSync(
    at('bin/npm'),
    `#!/bin/sh
echo "$@" >> calls
while [ ! -e finish ]; do sleep 0.05; done
cat finish
grep -q fail finish && exit 1
mkdir -p node_modules
`,
  )
  chmodSync(at('bin/npm'), 0o755)
})

afterEach(() => checkout.remove())

function start(code: string) {
  const env = { ...process.env, PATH: `${at('bin')}${delimiter}${process.env.PATH}` }
  const child = spawn(process.execPath, [at('test/cluster/run.mjs'), '-e', code], { env, cwd: '/' })
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].on('data', chunk => {
      said[stream] += chunk
    })
  return { child, said, end: once(child, 'close').then(([code, signal]) => ({ code, signal, ...said })) }
}

const finish = (how: string) => writeFileSync(at('finish'), how)
const calls = () => (existsSync(at('calls')) ? readFileSync(at('calls'), 'utf8').trim().split('\n').length : 0)

test('run.mjs installs once, says so, and passes arguments and exit code on', async () => {
  finish('')
  const first = await start('process.exit(7)').end
  expect(first).toMatchObject({ code: 7, stdout: '' })
  expect(first.stderr).toMatch(/npm ci: installing .*\.\.\.\n[\s\S]*done after \d+ s\n/)
  expect(await start('console.log(process.cwd())').end).toMatchObject({
    code: 0,
    stdout: `${checkout.path}\n`,
    stderr: '',
  })
  expect(calls()).toBe(1)
})

test('run.mjs installs again when package-lock.json has changed', async () => {
  finish('')
  await start('').end
  writeFileSync(at('package-lock.json'), '{ "lockfileVersion": 3 }')
  await start('').end
  expect(calls()).toBe(2)
})

test('run.mjs shows what npm said when it fails, and trusts nothing of it', async () => {
  finish('npm error: fail 404')
  const { code, stderr } = await start('').end
  expect(code).toBe(1)
  expect(stderr).toContain('npm error: fail 404')
  expect(stderr).toContain('Cannot install the packages: npm ci ended with 1')
  finish('')
  expect(await start('').end).toMatchObject({ code: 0 })
})

test('a SIGINT in the middle of npm ci leaves no install that the next run trusts', async () => {
  const { child, end } = start('')
  await until('npm runs', () => calls() === 1)
  child.kill('SIGINT')
  expect(await end).toMatchObject({ signal: 'SIGINT' })
  finish('')
  expect(await start('').end).toMatchObject({ code: 0 })
  expect(calls()).toBe(2)
})

test('two runs at once in one checkout install once', async () => {
  const runs = [start(''), start('')]
  await until('one waits', () => runs.some(({ said }) => said.stderr.includes('another process is at it')))
  finish('')
  expect(await Promise.all(runs.map(({ end }) => end))).toMatchObject([{ code: 0 }, { code: 0 }])
  expect(calls()).toBe(1)
})

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('run.mjs passes %s on, waits, and ends with %i', async (signal, code) => {
  finish('')
  await start('').end
  rmSync(at('calls'))
  const { child, said, end } = start('console.log(1); setInterval(() => {}, 1000)')
  await until('the program runs', () => said.stdout === '1\n')
  child.kill(signal)
  expect(await end).toMatchObject({ code, signal: null })
})
