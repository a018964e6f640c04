import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, globSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Daemon, startDaemon } from './cluster/daemon.ts'
import {
  type Directory,
  type Port,
  provideBind9,
  provideKubernetes,
  type RunningApiServer,
  randomKey,
  reservePort,
  run,
  startApiServer,
  temporaryDirectory,
} from './cluster/index.ts'
import { blocks, commandsOf, examplesOf, readme, root } from './readme.ts'

// AppArmor binds the program at this path to the directories of the system's own named; a copy it leaves alone.
function unconfined(named: string, copy: string): string {
  if (realpathSync(named) !== '/usr/sbin/named') return named
  copyFileSync(named, copy)
  return copy
}

const OWN = 'With your own cluster and servers'
const file = (path: string) => readFileSync(join(root, path), 'utf8')

describe('the README', () => {
  test('has less than 200 lines, none of them long', () => {
    const lines = readme.split('\n')
    expect(lines.length).toBeLessThan(200)
    expect(lines.filter(line => line.length > 120 && !line.startsWith('|'))).toEqual([])
  })

  test('names no command that neither CI nor a test runs', () => {
    const commands = blocks.filter(({ language, section }) => language === 'sh' && section !== OWN).flatMap(commandsOf)
    expect(commands).toContain('npm test')
    const isRun = (command: string) =>
      command === 'bash .ci/run' ||
      file('.ci/run')
        .split('\n')
        .some(line => `${line} `.includes(`${command} `) && !line.startsWith('#')) ||
      file('test/demo/demo.test.ts').includes(`start('${command}')`)
    expect(commands.filter(command => !isRun(command))).toEqual([])
  })

  test('gives reasons that the controller gives', () => {
    const [, said = ''] = /has a reason, such as (.*?), and a message/s.exec(readme) ?? []
    const reasons = said.match(/\w+(?=`)/g) ?? []
    expect(reasons).toContain('ZoneNotFound')
    const sources = globSync('{controller,crds}/src/**/*.ts', { cwd: root }).map(file).join()
    expect(reasons.filter(reason => !sources.includes(`'${reason}'`))).toEqual([])
  })

  test('links to files that are there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(match => match[1] as string)
    expect(links.filter(link => file(link) === '')).toEqual([])
  })
})

// A named on the README's named.conf and the README's objects and commands, with addresses, ports, paths and keys of
// this test in place of those that stand there.
describe(OWN, () => {
  const own = blocks.filter(({ section }) => section === OWN)
  const keys = [randomKey('bindy'), randomKey('bindy-rndc')]
  let place: Directory
  let api: RunningApiServer
  let named: Daemon
  let controller: ChildProcess | undefined
  let ports: { dns: Port; rndc: Port; seed: Port }
  let env: { KUBECONFIG: string; PATH: string }

  beforeAll(async () => {
    place = temporaryDirectory()
    ports = { dns: await reservePort(), rndc: await reservePort(), seed: await reservePort() }
    for (const directory of ['crds', 'manifests']) symlinkSync(join(root, directory), join(place.path, directory))
    for (const { text } of own.filter(({ language }) => language === 'yaml'))
      writeFileSync(join(place.path, /^# (\S+)/.exec(text)?.[1] as string), here(text))
    ;[api, named] = await Promise.all([startApiServer({ parent: place.path }), startNamed()])
    const [{ dig }, { kubectl }] = await Promise.all([provideBind9(), provideKubernetes()])
    env = { KUBECONFIG: api.kubeconfig, PATH: [dirname(dig), dirname(kubectl), process.env.PATH].join(delimiter) }
  })

  afterAll(async () => {
    if (controller?.exitCode === null && controller.kill()) await once(controller, 'exit')
    await named?.kill('SIGKILL')
    await api?.stop()
    await place.remove()
  })

  /** A text of the README as it has to be on this machine. */
  function here(text: string): string {
    const withKeys = keys.reduce(
      (changed, { name, secret }) =>
        changed.replaceAll(new RegExp(`(key "${name}" .*secret) "..."`, 'g'), `$1 "${secret}"`),
      text,
    )
    return withKeys
      .replace('    address: 192.0.2.53', `    dnsPort: ${ports.dns.number}\n    rndcPort: ${ports.rndc.number}\n$&`)
      .replace('@192.0.2.53', `-p ${ports.dns.number} $&`)
      .replace('port 953', `port ${ports.rndc.number}`)
      .replace('--seed-port 5300', `--seed-port ${ports.seed.number}`)
      .replace('/var/cache/bind', join(place.path, 'named'))
      .replaceAll(/192\.0\.2\.(53|10)\b/g, '127.0.0.1')
  }

  async function startNamed(): Promise<Daemon> {
    const [conf] = own.filter(({ language }) => language === 'named.conf')
    const loopback = `listen-on port ${ports.dns.number} { 127.0.0.1; }; listen-on-v6 { none; };`
    const extra = `options {\n  ${loopback}\n  pid-file none; session-keyfile none;`
    const path = (name: string) => join(place.path, name)
    mkdirSync(path('named'))
    writeFileSync(path('named.conf'), here(conf?.text as string).replace('options {', extra))
    return startDaemon(unconfined((await provideBind9()).named, path('program')), ['-g', '-c', path('named.conf')], {
      name: 'named',
      log: path('named.log'),
      isReady: async () => readFileSync(path('named.log'), 'utf8').includes('running'),
    })
  }

  const shell = (command: string) => run('sh', ['-c', here(command)], { cwd: place.path, env })

  test('the commands do their work', async () => {
    for (const command of own.filter(({ language }) => language === 'sh').flatMap(commandsOf)) {
      if (command.startsWith('kubectl')) expect(await shell(command)).toMatchObject({ code: 0, stderr: '' })
      else {
        const [npm, ...args] = here(command).split(' ') as [string, ...string[]]
        controller = spawn(npm, args, { cwd: root, env: { ...process.env, ...env }, stdio: 'ignore' })
      }
    }
    expect(controller).toBeDefined()
  })

  test('the examples print what they print', async () => {
    const examples = own.filter(({ language }) => language === 'console').flatMap(examplesOf)
    expect(examples.length).toBeGreaterThan(2)
    const printed = []
    for (const { command } of examples) printed.push({ command, output: (await shell(command)).stdout })
    expect(printed.map(masked)).toEqual(examples.map(masked))
  })

  // Widths of columns follow from the widths of ages and serials.
  const masked = ({ command, output }: { command: string; output: string }) => {
    const text = output.replaceAll(/\b\d{10}\b/g, 'SERIAL').replaceAll(/\b(\d+m)?\d+s$/gm, 'AGE')
    return { command, output: text.replaceAll(/ +/g, ' ') }
  }
})
