import { type Log, loadConnection, type RequestRecord } from '#kube'
import { type ControllerOptions, runController } from '../../../controller/src/controller.ts'

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly atMs: number
}

/** How a test's controller differs from the usual one. */
export type ControllerChanges = Pick<Partial<ControllerOptions>, 'now'> & {
  /** Its kubeconfig, in place of the one whose user may do everything. */
  readonly kubeconfig?: string
}

/** One controller in this process, with what it logged and asked the API server for. */
export class RunningController {
  readonly log: LogLine[] = []
  readonly requests: RequestRecord[] = []
  readonly #abort = new AbortController()
  readonly #done: Promise<void>
  #failure: unknown

  constructor(kubeconfig: string, changes: Omit<ControllerChanges, 'kubeconfig'>) {
    this.#done = this.#run(kubeconfig, changes).catch(error => {
      this.#failure = error
    })
  }

  /** Ends it as SIGTERM would; fails when it had ended by itself. */
  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#done
    if (this.#failure) throw this.#failure
  }

  /** Requests that change something at the API server, as "patch /apis/...". Events are not counted: they are lost freely. */
  writes(): string[] {
    return this.requests.filter(isWrite).map(({ verb, path }) => `${verb} ${path}`)
  }

  lines(message: string): LogLine[] {
    return this.log.filter(line => line.message === message)
  }

  async #run(kubeconfig: string, changes: Omit<ControllerChanges, 'kubeconfig'>): Promise<void> {
    const connection = await loadConnection({ kubeconfig })
    const onRequest = (request: RequestRecord) => void this.requests.push(request)
    const options = { connection, log: this.#collect(), identity: 'test', onRequest, ...changes }
    await runController(options, { signal: this.#abort.signal }).finally(() => connection.close())
  }

  #collect(): Log {
    const line =
      (level: LogLine['level']) =>
      (message: string, fields: LogLine['fields'] = {}) =>
        void this.log.push({ level, message, fields, atMs: performance.now() })
    return { info: line('info'), warn: line('warn'), error: line('error') }
  }
}

const isWrite = ({ verb, path }: RequestRecord) =>
  ['create', 'update', 'patch', 'delete'].includes(verb) && !path.includes('/events')
