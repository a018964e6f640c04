import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { run, startCluster, until } from './index.ts'

const processesUnder = async (directory: string) =>
  (await run('ps', ['-eww', '-o', 'args='])).stdout.split('\n').filter(line => line.includes(directory))

test('stop() leaves no process and no directory', async () => {
  const cluster = await startCluster({ named: { primary: {}, secondary: {} } })
  const { directory, named } = cluster
  expect(named.primary.dnsPort).not.toBe(named.secondary.dnsPort)
  expect((await processesUnder(directory)).length).toBeGreaterThanOrEqual(4)
  await cluster.stop()
  expect(existsSync(directory)).toBe(false)
  expect(await processesUnder(directory)).toEqual([])
})

test('startCluster() stops everything when one part does not start', async () => {
  const broken = startCluster({ named: { good: {}, bad: { options: 'no-such-option yes;' } } })
  const message = await broken.then(String, String)
  expect(message).toContain('unknown option')
  const directory = /\/\S*bindy-[^/]+/.exec(message)?.[0] as string
  expect(existsSync(directory)).toBe(false)
  expect(await processesUnder(directory)).toEqual([])
})

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'a program that %s ends leaves no process and no directory',
  async signal => {
    const program = `
      import { startCluster } from '${join(import.meta.dirname, 'index.ts')}'
      const { directory } = await startCluster({ named: { primary: {} } })
      console.log(directory)
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const directory = await new Promise<string>(resolve => {
      child.stdout.once('data', chunk => resolve(String(chunk).trim()))
    })
    const [etcd] = await processesUnder(`${directory}/kubernetes/etcd`)
    expect(etcd).toBeDefined()
    child.kill(signal)
    await until('the directory is gone', () => !existsSync(directory))
    await until('the processes are gone', async () => (await processesUnder(directory)).length === 0)
  },
)
