import { globSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must, type Output, run } from './child.ts'

/** An apt with lists and archives of its own in a directory: it needs no root, and changes nothing of the system's. */
export class Apt {
  readonly #directory: string
  readonly #options: readonly string[]

  /** Unless the settings say otherwise, it reads the system's sources, keys and states of packages. */
  constructor(directory: string, settings: readonly string[] = ['Dir::State::status=/var/lib/dpkg/status']) {
    for (const sub of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(directory, sub), { recursive: true })
    this.#directory = directory
    const all = [
      `Dir::State=${directory}`,
      `Dir::Cache=${join(directory, 'cache')}`,
      'Dir::Cache::pkgcache=pkgcache.bin', // images of containers turn it off; without it each command reads all lists
      'Debug::NoLocking=true',
      'APT::Sandbox::User=root',
      'Acquire::Languages=none',
      'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
      ...settings,
    ]
    this.#options = ['-qq', ...all.flatMap(setting => ['-o', setting])]
  }

  /** Reads the lists of all sources. */
  update(): Promise<Output> {
    return run('apt-get', [...this.#options, 'update'])
  }

  /** Unpacks packages, and what they need that is not installed. */
  async unpack(packages: readonly string[], root: string): Promise<void> {
    const install = ['--simulate', '--no-install-recommends', 'install', ...packages]
    const plan = await must('apt-get', [...this.#options, ...install])
    const missing = [...plan.matchAll(/^Inst (\S+)/gm)].map(match => match[1] as string)
    await must('apt-get', [...this.#options, 'download', ...missing], { cwd: this.#directory })
    for (const deb of globSync(join(this.#directory, '*.deb'))) await must('dpkg-deb', ['-x', deb, root])
  }
}

/**
 * The apt of another suite of Debian: on the mirror that the system's sources name for its own `codename`, checked with
 * Debian's keys as they are installed. Nothing is installed there, so that what it unpacks is whole, the C library too.
 */
export async function suiteApt(directory: string, { suite, codename }: SuiteOptions): Promise<Apt> {
  const apt = join(directory, 'suite')
  mkdirSync(apt, { recursive: true })
  writeFileSync(join(apt, 'suite.sources'), sources(await mirrorOf(codename), suite))
  writeFileSync(join(apt, 'status'), onlyToInstall.map(installed).join(''))
  return new Apt(directory, [
    `Dir::State::status=${join(apt, 'status')}`,
    `Dir::Etc::sourcelist=${join(apt, 'suite.sources')}`,
    'Dir::Etc::sourceparts=/dev/null',
    'APT::Update::Error-Mode=any',
  ])
}

export interface SuiteOptions {
  readonly suite: string
  /** The suite that the system is of. */
  readonly codename: string
}

async function mirrorOf(codename: string): Promise<string> {
  const targets = await must('apt-get', ['indextargets', '--format', '$(RELEASE) $(COMPONENT) $(REPO_URI)'])
  const [, mirror] = new RegExp(`^${codename} main (\\S+)$`, 'm').exec(targets) ?? []
  if (!mirror) throw new Error(`no source of apt names the suite ${codename}`)
  return mirror
}

const sources = (mirror: string, suite: string) => `Types: deb
URIs: ${mirror}
Suites: ${suite}
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`

/** What packages of servers depend on for their installation's scripts alone. */
const onlyToInstall = ['adduser', 'debconf', 'init-system-helpers', 'iproute2', 'netbase']

const installed = (name: string) => `Package: ${name}
Status: install ok installed
Architecture: all
Multi-Arch: foreign
Version: 9999

`
