import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Bind9UnavailableError, bind9Versions, provideBind9 } from './bind9.ts'
import { type Directory, startNamed, temporaryDirectory } from './index.ts'

const versions = await bind9Versions()

test.each(versions)('startNamed() starts BIND %s', async version => {
  const named = await startNamed({ version })
  try {
    expect((await named.rndc('status')).stdout).toContain(`version: BIND ${version}.`)
  } finally {
    await named.stop()
  }
})

test('a version that no suite has is not to be had', async () => {
  await expect(provideBind9('9.4')).rejects.toThrow(Bind9UnavailableError)
})

// Programs that say they are BIND 9.18, and an apt of ours, on a machine that is said to run Debian 12.
describe('provideBind9() of another version', () => {
  const bookworm = { id: 'debian', version: '12', codename: 'bookworm' }
  const saved = { ...process.env }
  let place: Directory

  beforeEach(() => {
    place = temporaryDirectory()
    mkdirSync(join(place.path, 'bin'))
    mkdirSync(join(place.path, 'cache'))
    for (const name of ['named', 'dig', 'nsupdate', 'rndc', 'rndc-confgen', 'named-checkconf', 'named-checkzone'])
      program(name, 'echo "BIND 9.18.1 (a fake)"')
    program('dpkg-deb', '')
    Object.assign(process.env, {
      PATH: [join(place.path, 'bin'), saved.PATH].join(delimiter),
      XDG_CACHE_HOME: join(place.path, 'cache'),
    })
  })
  afterEach(() => {
    process.env = { ...saved }
    return place.remove()
  })

  function program(name: string, script: string): void {
    writeFileSync(join(place.path, 'bin', name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(place.path, 'bin', name), 0o755)
  }

  /** The apt-get that ends with a code at each of its commands, and keeps a note of them. */
  function apt(commands: { readonly update: number; readonly install: number }): void {
    program(
      'apt-get',
      `echo "$@" >> '${place.path}/asked'
case "$*" in
  *indextargets*) echo 'bookworm main http://mirror.test/debian/' ;;
  *update*) echo 'no suite of this name' >&2; exit ${commands.update} ;;
  *install*) echo 'no such package' >&2; exit ${commands.install} ;;
esac`,
    )
  }

  const inCache = () => {
    const named = join(place.path, 'cache/bindy/named')
    return existsSync(named) ? readdirSync(named) : []
  }

  test('is not to be had where the mirror does not have the suite, and apt says so', async () => {
    apt({ update: 100, install: 0 })
    const provided = provideBind9('9.20', bookworm)
    await expect(provided).rejects.toThrow(Bind9UnavailableError)
    await expect(provided).rejects.toThrow(/Cannot have BIND 9\.20 here, .* trixie: no suite of this name/)
    expect(inCache()).toEqual([])
  })

  test('is a failure where the mirror has the suite and the packages cannot be had', async () => {
    apt({ update: 0, install: 100 })
    const provided = provideBind9('9.20', bookworm)
    await expect(provided).rejects.toThrow(/Cannot get BIND 9\.20 from Debian trixie, .*[\s\S]*no such package/)
    await expect(provided).rejects.not.toThrow(Bind9UnavailableError)
    expect(inCache()).toEqual([])
  })

  test('is not looked for on another distribution', async () => {
    apt({ update: 0, install: 0 })
    const other = { id: 'ubuntu', version: '24.04', codename: 'noble' }
    await expect(provideBind9('9.20', other)).rejects.toThrow(Bind9UnavailableError)
    expect(existsSync(join(place.path, 'asked'))).toBe(false)
  })

  test('is the usual one where that is of this version', async () => {
    expect((await provideBind9('9.18', bookworm)).named).toBe(join(place.path, 'bin/named'))
  })
})
