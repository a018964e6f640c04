import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join, relative } from 'node:path'
import { cached } from './cache.ts'
import { must, run } from './child.ts'
import { progress } from './progress.mjs'

const names = ['named', 'dig', 'nsupdate', 'rndc', 'rndc-confgen', 'named-checkconf', 'named-checkzone'] as const

/** The path of each program of BIND that we use. */
export type Bind9 = { readonly [tool in (typeof names)[number]]: string }

/** Finds BIND 9 on this machine, or unpacks the distribution's packages into the cache; no root needed. */
export async function provideBind9(): Promise<Bind9> {
  const installed = find(path())
  if (installed) return installed
  const directory = await cached(`named/${distribution()}`, unpackPackages)
  const found = find([join(directory, 'bin'), ...path()])
  if (!found) throw new Error(`Cannot find all of ${names.join(', ')} in ${directory}: remove it and try again`)
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

/** For example debian-12-x64: packages of one release do not run on another. */
function distribution(): string {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  const field = (name: string) => new RegExp(`^${name}="?([^"\n]*)`, 'm').exec(release)?.[1] ?? 'unknown'
  return `${field('ID')}-${field('VERSION_ID')}-${process.arch}`
}

async function unpackPackages(directory: string): Promise<void> {
  if (!['apt-get', 'dpkg-deb'].every(isOnPath))
    throw new Error(
      'Cannot find named and its tools: install BIND 9.18 or newer with its utilities (dig, nsupdate, rndc)',
    )
  await progress('BIND 9: unpacking the packages of the distribution, about 10 s', () => unpack(directory))
}

const isOnPath = (tool: string) => path().some(directory => isExecutable(join(directory, tool)))

async function unpack(directory: string): Promise<void> {
  const apt = join(directory, 'apt')
  for (const sub of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(apt, sub), { recursive: true })
  let warnings = ''
  try {
    const options = aptOptions(apt)
    warnings = (await run('apt-get', [...options, 'update'])).stderr // a source that cannot be reached may not matter
    const plan = await must('apt-get', [...options, '--simulate', '--no-install-recommends', 'install', ...packages])
    const missing = [...plan.matchAll(/^Inst (\S+)/gm)].map(match => match[1] as string)
    await must('apt-get', [...options, 'download', ...missing], { cwd: apt })
    for (const deb of globSync(join(apt, '*.deb'))) await must('dpkg-deb', ['-x', deb, join(directory, 'root')])
    rmSync(apt, { recursive: true })
    for (const name of names) writeWrapper(directory, name)
    await tryOut([join(directory, 'bin'), ...path()])
  } catch (cause) {
    const why = `${(cause as Error).message}\n${warnings}`
    const byHand = `Install it by hand: apt-get install ${packages.join(' ')}`
    throw new Error(`Cannot get BIND 9 from the distribution: ${why}${byHand}`, { cause })
  }
}

async function tryOut(directories: readonly string[]): Promise<void> {
  const found = find(directories)
  if (!found) throw new Error(`not all of ${names.join(', ')} are in its packages`)
  await must(found.named, ['-V'])
  await must(found.dig, ['-v'])
}

const packages = ['bind9', 'bind9-utils', 'bind9-dnsutils']

/** apt with lists and archives of our own reads the system's sources, keys and package states, and changes nothing. */
const aptOptions = (apt: string) => [
  '-qq',
  ...[
    `Dir::State=${apt}`,
    'Dir::State::status=/var/lib/dpkg/status',
    `Dir::Cache=${join(apt, 'cache')}`,
    'Debug::NoLocking=true',
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
  ].flatMap(setting => ['-o', setting]),
]

/** The unpacked programs need their libraries named; a script in bin/ does that, and becomes the program. */
function writeWrapper(directory: string, name: string): void {
  const root = join(directory, 'root')
  const [program] = globSync(join(root, `usr/{bin,sbin}/${name}`))
  if (!program) return // its package is installed, such as dig's on many machines
  const libraries = [...new Set(globSync(join(root, '{usr/lib,lib}/{,*/}*.so*')).map(dirname))]
  const inRoot = (path: string) => `$root/${relative(root, path)}`
  const script = `#!/bin/sh
root=\${0%/bin/*}/root
export LD_LIBRARY_PATH="${libraries.map(inRoot).join(':')}\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
exec "${inRoot(program)}" "$@"
`
  mkdirSync(join(directory, 'bin'), { recursive: true })
  writeFileSync(join(directory, 'bin', name), script)
  chmodSync(join(directory, 'bin', name), 0o755)
}
