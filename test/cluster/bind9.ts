import { accessSync, chmodSync, constants, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, relative } from 'node:path'
import { Apt, type SuiteOptions, suiteApt } from './apt.ts'
import { cached } from './cache.ts'
import { must } from './child.ts'
import { type Distribution, distribution } from './distribution.ts'
import { progress } from './progress.mjs'

const names = ['named', 'dig', 'nsupdate', 'rndc', 'rndc-confgen', 'named-checkconf', 'named-checkzone'] as const

/** The path of each program of BIND that we use. */
export type Bind9 = { readonly [tool in (typeof names)[number]]: string }

/** The suites of Debian whose main archive holds a version. */
const suites: Readonly<Record<string, string>> = { '9.18': 'bookworm', '9.20': 'trixie' }

/** This version of BIND cannot be had on this machine; the message says why. */
export class Bind9UnavailableError extends Error {}

/**
 * Finds BIND 9 on this machine, or unpacks the distribution's packages into the cache; no root needed.
 *
 * A version that is another one, such as "9.20", is unpacked beside it from the suite of Debian that has it.
 * @throws Bind9UnavailableError when this machine has no way to that suite
 */
export async function provideBind9(version?: string, machine = distribution()): Promise<Bind9> {
  const usual = await usualBind9(machine)
  return version === undefined || (await versionOf(usual)) === version ? usual : bind9OfSuite(version, machine)
}

/** The versions that can be had on this machine, as "9.18", the usual one first; says on stderr why another cannot. */
export async function bind9Versions(): Promise<readonly string[]> {
  const usual = await versionOf(await provideBind9())
  const versions = [usual]
  for (const version of Object.keys(suites).filter(version => version !== usual)) {
    if (await isAvailable(version)) versions.push(version)
  }
  return versions
}

async function isAvailable(version: string): Promise<boolean> {
  try {
    await provideBind9(version)
    return true
  } catch (error) {
    if (!(error instanceof Bind9UnavailableError)) throw error
    process.stderr.write(`${error.message}\n`)
    return false
  }
}

async function versionOf({ named }: Bind9): Promise<string> {
  const said = await must(named, ['-v'])
  const [, version] = /^BIND (\d+\.\d+)/.exec(said) ?? []
  if (!version) throw new Error(`Cannot tell the version of ${named}: it says ${said}`)
  return version
}

async function usualBind9({ id, version }: Distribution): Promise<Bind9> {
  const installed = find(path())
  if (installed) return installed
  // Packages of one release do not run on another.
  const directory = await cached(`named/${id}-${version}-${process.arch}`, unpackPackages)
  const found = find([join(directory, 'bin'), ...path()])
  if (!found) throw incomplete(directory)
  return found
}

const incomplete = (directory: string) =>
  new Error(`Cannot find all of ${names.join(', ')} in ${directory}: remove it and try again`)

async function bind9OfSuite(version: string, { id, codename }: Distribution): Promise<Bind9> {
  const suite = suites[version]
  if (!suite || id !== 'debian' || !hasApt())
    throw new Bind9UnavailableError(`Cannot have BIND ${version} here: it is looked for in suites of Debian, on Debian`)
  const what = `BIND ${version}: unpacking the packages of Debian ${suite} (25 MB), about 20 s`
  const directory = await cached(`named/debian-${suite}-${process.arch}`, directory =>
    progress(what, () => unpackSuite(directory, { version, suite, codename })),
  )
  const found = find([join(directory, 'bin')])
  if (!found) throw incomplete(directory)
  return found
}

const path = () => [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin']

function find(directories: readonly string[]): Bind9 | undefined {
  const found = names.map(name => [name, directories.map(d => join(d, name)).find(isExecutable)] as const)
  return found.every(([, path]) => path) ? (Object.fromEntries(found) as Bind9) : undefined
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function unpackPackages(directory: string): Promise<void> {
  if (!hasApt())
    throw new Error(
      'Cannot find named and its tools: install BIND 9.18 or newer with its utilities (dig, nsupdate, rndc)',
    )
  await progress('BIND 9: unpacking the packages of the distribution, about 10 s', () => unpack(directory))
}

const hasApt = () => ['apt-get', 'dpkg-deb'].every(isOnPath)
const isOnPath = (tool: string) => path().some(directory => isExecutable(join(directory, tool)))

async function unpack(directory: string): Promise<void> {
  let warnings = ''
  try {
    const apt = new Apt(join(directory, 'apt'))
    warnings = (await apt.update()).stderr // a source that cannot be reached may not matter
    await unpackPrograms(apt, directory)
    await tryOut([join(directory, 'bin'), ...path()])
  } catch (cause) {
    const why = `${(cause as Error).message}\n${warnings}`
    const byHand = `Install it by hand: apt-get install ${packages.join(' ')}`
    throw new Error(`Cannot get BIND 9 from the distribution: ${why}${byHand}`, { cause })
  }
}

async function unpackSuite(directory: string, options: SuiteOptions & { readonly version: string }): Promise<void> {
  const { version, suite } = options
  const apt = await suiteAptIfAny(join(directory, 'apt'), options)
  try {
    await unpackPrograms(apt, directory)
    await tryOut([join(directory, 'bin')])
  } catch (cause) {
    const why = (cause as Error).message
    throw new Error(`Cannot get BIND ${version} from Debian ${suite}, which has it; try again: ${why}`, { cause })
  }
}

/** A mirror that is out of reach or lacks the suite, and keys that do not vouch for it, are no fault of ours. */
async function suiteAptIfAny(directory: string, options: SuiteOptions & { readonly version: string }): Promise<Apt> {
  const unavailable = (why: string) =>
    new Bind9UnavailableError(`Cannot have BIND ${options.version} here, it is in Debian ${options.suite}: ${why}`)
  const apt = await suiteApt(directory, options).catch(error => {
    throw unavailable(error.message)
  })
  const { code, stderr } = await apt.update()
  if (code !== 0) throw unavailable(stderr.trim())
  return apt
}

async function unpackPrograms(apt: Apt, directory: string): Promise<void> {
  await apt.unpack(packages, join(directory, 'root'))
  rmSync(join(directory, 'apt'), { recursive: true })
  for (const name of names) writeWrapper(directory, name)
}

async function tryOut(directories: readonly string[]): Promise<void> {
  const found = find(directories)
  if (!found) throw new Error(`not all of ${names.join(', ')} are in its packages`)
  await must(found.named, ['-V'])
  await must(found.dig, ['-v'])
}

const packages = ['bind9', 'bind9-utils', 'bind9-dnsutils']

/**
 * The unpacked programs need their libraries named; a script in bin/ does that, and becomes the program.
 *
 * Where the C library was unpacked too, it is its own loader that starts them: the system's may be older.
 */
function writeWrapper(directory: string, name: string): void {
  const root = join(directory, 'root')
  const [program] = globSync(join(root, `usr/{bin,sbin}/${name}`))
  if (!program) return // its package is installed, such as dig's on many machines
  const inRoot = (path: string) => `$root/${relative(root, path)}`
  const directories = new Set(globSync(join(root, '{usr/lib,lib}/{,*/}*.so*')).map(dirname))
  const libraries = [...directories].map(inRoot).join(':')
  const [loader] = globSync(join(root, '{usr/lib,lib}/*/ld-linux-*.so.*'))
  const start = loader
    ? `exec "${inRoot(loader)}" --library-path "${libraries}" "${inRoot(program)}" "$@"`
    : `export LD_LIBRARY_PATH="${libraries}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"\nexec "${inRoot(program)}" "$@"`
  mkdirSync(join(directory, 'bin'), { recursive: true })
  writeFileSync(join(directory, 'bin', name), `#!/bin/sh\nroot=\${0%/bin/*}/root\n${start}\n`)
  chmodSync(join(directory, 'bin', name), 0o755)
}
