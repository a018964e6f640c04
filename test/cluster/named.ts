import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { copyFileSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type Bind9, provideBind9 } from './bind9.ts'
import { must, type Output, run } from './child.ts'
import { type Daemon, startDaemon } from './daemon.ts'
import { type Directory, temporaryDirectory } from './directory.ts'
import { type Port, reservePort } from './ports.ts'

/** A key as named.conf has it; `secret` is base64. */
export interface Key {
  readonly name: string
  readonly algorithm: string
  readonly secret: string
}

export interface NamedOptions {
  readonly name?: string
  /** Of BIND, as "9.20"; the one that is usual on this machine if absent. */
  readonly version?: string
  /** Where its directory is made; a temporary one that goes with stop() if absent. */
  readonly parent?: string
  readonly tsigKey?: Key
  readonly rndcKey?: Key
  /** More TSIG keys for named.conf. */
  readonly keys?: readonly Key[]
  /** More statements for the options block, such as `tcp-clients 10;`. */
  readonly options?: string
  /** More statements for the end of named.conf, such as a zone. */
  readonly statements?: string
  /** Worker threads. */
  readonly workers?: number
}

/** What a restart may change: named comes back with another named.conf, on its ports and with its data. */
export type NamedChanges = Omit<NamedOptions, 'name' | 'parent' | 'version'>

/** A named of our own, on loopback ports of its own. */
export interface RunningNamed {
  readonly name: string
  readonly address: string
  readonly dnsPort: number
  readonly rndcPort: number
  readonly tsigKey: Key
  readonly rndcKey: Key
  /** What named calls its `directory`: zone files, journals, the list of added zones. */
  readonly data: string
  /** The path of named.conf. */
  readonly config: string
  /** The path of the key file that `rndc -k` reads. */
  readonly rndcKeyFile: string
  readonly pid: number
  readonly isRunning: boolean
  /** Everything named has logged, over all restarts. */
  log(): string
  /** Asks with `dig @address -p port`, once, for 10 s; `signed` adds the TSIG key, as a transfer may need it. */
  dig(...args: string[]): Promise<string>
  signed: { dig(...args: string[]): Promise<string> }
  /** Sends an nsupdate script, signed; `server` is put before it, `send` after it. */
  nsupdate(script: string): Promise<Output>
  rndc(...args: string[]): Promise<Output>
  kill(signal: NodeJS.Signals): Promise<void>
  /** Starts it again where it was; kills it first (as a crash would) when it still runs. */
  restart(changes?: NamedChanges): Promise<void>
  /** Kills it and removes everything it ever wrote, as a lost disk does; restart() brings it back empty. */
  loseDisk(): Promise<void>
  stop(): Promise<void>
}

const address = '127.0.0.1'

/** Makes a key of random octets for hmac-sha256. */
export const randomKey = (name: string): Key => ({
  name,
  algorithm: 'hmac-sha256',
  secret: randomBytes(32).toString('base64'),
})

/** Starts a named with an empty disk, and answers when it serves DNS and its control channel. */
export async function startNamed(options: NamedOptions = {}): Promise<RunningNamed> {
  const { name = 'named' } = options
  const tools = await provideBind9(options.version)
  const ports = { dns: await reservePort(), rndc: await reservePort() }
  const place = options.parent ? undefined : temporaryDirectory()
  const directory = options.parent ? join(options.parent, name) : (place as Directory).path
  const named = new Named({ name, tools, ports, directory, place, options })
  try {
    await named.restart()
  } catch (error) {
    await named.stop()
    throw error
  }
  return named
}

interface Parts {
  readonly name: string
  readonly tools: Bind9
  readonly ports: { readonly dns: Port; readonly rndc: Port }
  readonly directory: string
  readonly place: Directory | undefined
  readonly options: NamedOptions
}

class Named implements RunningNamed {
  readonly address = address
  readonly name: string
  readonly #parts: Parts
  #settings: NamedOptions & { tsigKey: Key; rndcKey: Key }
  #daemon: Daemon | undefined

  constructor(parts: Parts) {
    this.name = parts.name
    this.#parts = parts
    this.#settings = { tsigKey: randomKey('bindy'), rndcKey: randomKey('bindy-rndc'), ...parts.options }
    mkdirSync(this.data, { recursive: true, mode: 0o700 })
  }

  get dnsPort() {
    return this.#parts.ports.dns.number
  }
  get rndcPort() {
    return this.#parts.ports.rndc.number
  }
  get tsigKey() {
    return this.#settings.tsigKey
  }
  get rndcKey() {
    return this.#settings.rndcKey
  }
  get data() {
    return this.#path('data')
  }
  get config() {
    return this.#path('named.conf')
  }
  get rndcKeyFile() {
    return this.#path('rndc.key')
  }
  get pid() {
    return this.#daemon?.pid ?? 0
  }
  get isRunning() {
    return this.#daemon?.isRunning ?? false
  }

  #path(file: string) {
    return join(this.#parts.directory, file)
  }

  log() {
    return readFileSync(this.#path('named.log'), 'utf8')
  }

  async restart(changes: NamedChanges = {}) {
    await this.#daemon?.kill('SIGKILL')
    this.#settings = { ...this.#settings, ...changes }
    const marker = randomBytes(12).toString('hex')
    writeFileSync(this.config, namedConf(this, marker, this.#settings), { mode: 0o600 })
    writeFileSync(this.rndcKeyFile, keyStatement(this.rndcKey), { mode: 0o600 })
    const args = ['-g', '-c', this.config, '-n', String(this.#settings.workers ?? 2)]
    this.#daemon = await startDaemon(this.#program(), args, {
      name: `named "${this.name}"`,
      log: this.#path('named.log'),
      isReady: async () => (await serverId(this.dnsPort)) === marker && (await accepts(this.rndcPort)),
    })
  }

  // AppArmor binds the program at this path to the directories of the system's own named; a copy it leaves alone.
  #program() {
    const { named } = this.#parts.tools
    if (realpathSync(named) !== '/usr/sbin/named') return named
    copyFileSync(named, this.#path('named'))
    return this.#path('named')
  }

  kill(signal: NodeJS.Signals) {
    return this.#daemon?.kill(signal) ?? Promise.resolve()
  }

  async loseDisk() {
    await this.kill('SIGKILL')
    rmSync(this.data, { recursive: true })
    mkdirSync(this.data, { mode: 0o700 })
  }

  async stop() {
    await this.kill('SIGKILL')
    this.#parts.ports.dns.release()
    this.#parts.ports.rndc.release()
    await this.#parts.place?.remove()
  }

  dig(...args: string[]) {
    const where = [`@${address}`, '-p', String(this.dnsPort), '+time=10', '+tries=1']
    return must(this.#parts.tools.dig, [...where, ...args])
  }

  readonly signed = { dig: (...args: string[]) => this.dig('-y', this.#keyArgument(), ...args) }

  nsupdate(script: string) {
    const input = `server ${address} ${this.dnsPort}\n${script}\nsend\n`
    return run(this.#parts.tools.nsupdate, ['-y', this.#keyArgument()], { input })
  }

  rndc(...args: string[]) {
    const where = ['-s', address, '-p', String(this.rndcPort), '-k', this.rndcKeyFile]
    return run(this.#parts.tools.rndc, [...where, ...args])
  }

  #keyArgument() {
    const { algorithm, name, secret } = this.tsigKey
    return `${algorithm}:${name}:${secret}`
  }
}

/** What an external server needs for Bindy; the last three lines of options make a change reach secondaries at once. */
function namedConf(named: Named, serverId: string, settings: NamedOptions & { tsigKey: Key; rndcKey: Key }): string {
  const { tsigKey, rndcKey, keys = [], options = '', statements = '' } = settings
  return `${[tsigKey, rndcKey, ...keys].map(keyStatement).join('')}
controls { inet ${address} port ${named.rndcPort} allow { ${address}; } keys { "${rndcKey.name}"; }; };

options {
  directory "${named.data}";
  listen-on port ${named.dnsPort} { ${address}; };
  listen-on-v6 { none; };
  pid-file none;
  session-keyfile none;
  server-id "${serverId}";
  allow-new-zones yes;
  recursion no;
  dnssec-validation no;
  serial-query-rate 1000;
  notify-rate 1000;
  startup-notify-rate 1000;
  ${options}
};
${statements}
`
}

const keyStatement = ({ name, algorithm, secret }: Key) =>
  `key "${name}" { algorithm ${algorithm}; secret "${secret}"; };\n`

/**
 * Asks who answers on a port: TXT id.server, class CH (RFC 4892).
 *
 * The answer tells our named from another one on the same port, and from the one that was there before a restart.
 */
function serverId(port: number): Promise<string | undefined> {
  // Header: ID, flags, one question, no other records; question: the name, TXT 16, CH 3.
  const query = Buffer.from(
    '6964 0000 0001 0000 0000 0000 026964 06736572766572 00 0010 0003'.replaceAll(' ', ''),
    'hex',
  )
  const socket = createSocket('udp4')
  return new Promise(resolve => {
    const end = (id?: string) => {
      clearTimeout(timer)
      socket.close(() => resolve(id))
    }
    const timer = setTimeout(end, 200)
    // The answer repeats the question, then: compressed name, type, class, TTL (10 octets), RDLENGTH, one string.
    const rdata = query.length + 2 + 2 + 2 + 4 + 2
    socket.on('message', answer => end(answer.subarray(rdata + 1, rdata + 1 + (answer[rdata] ?? 0)).toString()))
    socket.on('error', () => end())
    socket.connect(port, address, () => socket.send(query))
  })
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, address)
    socket.on('connect', () => socket.destroy() && resolve(true))
    socket.on('error', () => resolve(false))
  })
}
