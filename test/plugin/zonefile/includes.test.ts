import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals'
import { includesBeside, readZoneFile } from '../../../plugin/src/zonefile/includes.ts'
import { run, temporaryDirectory } from '../../cluster/index.ts'

const place = temporaryDirectory()
const file = join(place.path, 'zone')
const pipe = join(place.path, 'pipe')
const { signal } = new AbortController()
afterAll(() => place.remove())

/** Runs a command of a shell that writes into the pipe. */
const writing = (command: string) => run('sh', ['-c', `${command} >${pipe}`])

test('readZoneFile() reads a file', async () => {
  writeFileSync(file, 'a A 192.0.2.1\n')
  expect(await readZoneFile(file, signal)).toBe('a A 192.0.2.1\n')
})

test.each(['gone', ''])('readZoneFile() fails for %j, which is none', async name => {
  const path = join(place.path, name)
  await expect(readZoneFile(path, signal)).rejects.toMatchObject({ exit: 3, message: expect.stringContaining(path) })
})

describe('readZoneFile() of a pipe', () => {
  beforeEach(() => run('sh', ['-c', `rm -f ${pipe}; mkfifo ${pipe}`]))

  test('reads all of it, whoever opens it first', async () => {
    const text = '; a comment\n'.repeat(50_000)
    writeFileSync(file, text)
    const [read] = await Promise.all([readZoneFile(pipe, signal), writing(`sleep 0.2; cat ${file}`)])
    expect(read).toBe(text)
    const written = writing(`cat ${file}`)
    expect(await readZoneFile(pipe, signal)).toBe(text)
    await written
  })

  test('reads no more than it may hold', async () => {
    const endless = writing('exec cat /dev/zero')
    await expect(readZoneFile(pipe, signal)).rejects.toMatchObject({
      exit: 3,
      message: `Cannot read ${pipe}: it has more octets than the ${256 * 1024 * 1024} that are read`,
    })
    await endless
  })

  test('is given up with the signal', async () => {
    const stop = new AbortController()
    const reading = readZoneFile(pipe, stop.signal)
    stop.abort()
    await expect(reading).rejects.toThrow('aborted')
  })

  test('is nothing that $INCLUDE reads', () => {
    expect(includesBeside(file)('pipe', file)).toBe('"pipe" cannot be read: it is no file')
  })
})
