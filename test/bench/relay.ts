import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { Agent, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { RunningApiServer } from '../cluster/index.ts'
import { nowMs } from './clock.ts'

/** Stands before an API server, over plain HTTP, and sees when the first whole answer has left for the client. */
export class Relay {
  readonly kubeconfig: string
  /** Of the requests since begin(). */
  firstAnswerMs = Number.NaN
  readonly #server: Server
  readonly #agent: Agent

  static async start(api: RunningApiServer, directory: string): Promise<Relay> {
    const agent = new Agent({ keepAlive: true, ca: api.certificateAuthority })
    const server = createServer()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return new Relay(api, server, agent, join(directory, 'relay.kubeconfig'))
  }

  private constructor(api: RunningApiServer, server: Server, agent: Agent, kubeconfig: string) {
    this.kubeconfig = kubeconfig
    this.#server = server
    this.#agent = agent
    const named = { name: 'relay', context: { cluster: 'relay', user: 'relay' } }
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const config = {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'relay', contexts: [named] },
      clusters: [{ name: 'relay', cluster: { server: url } }],
      users: [{ name: 'relay', user: { token: api.token } }],
    }
    writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 })
    server.on('request', (asked, answer) => {
      const { method, url: path, headers } = asked
      const passed = request(api.url, { method, path, agent, headers: { ...headers, host: new URL(api.url).host } })
      passed.on('response', response => {
        answer.writeHead(response.statusCode ?? 502, response.headers)
        response.pipe(answer)
        answer.on('finish', () => {
          if (Number.isNaN(this.firstAnswerMs)) this.firstAnswerMs = nowMs()
        })
      })
      passed.on('error', error => answer.destroy(error))
      asked.pipe(passed)
    })
  }

  begin(): void {
    this.firstAnswerMs = Number.NaN
  }

  stop(): void {
    this.#server.close()
    this.#server.closeAllConnections()
    this.#agent.destroy()
  }
}
