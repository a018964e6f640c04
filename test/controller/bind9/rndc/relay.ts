import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

/** Stands between us and a real named, and counts connections. */
export interface Relay {
  readonly port: number
  readonly connections: number
  stop(): Promise<void>
}

export async function startRelay(to: number): Promise<Relay> {
  let connections = 0
  const server = createServer(near => {
    connections++
    const far = connect(to, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.setNoDelay(true)
      one.pipe(other)
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections
    },
    async stop() {
      server.close()
      await once(server, 'close')
    },
  }
}
