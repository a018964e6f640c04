import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { canonicalName, recordTypes } from '#crds'
import { Framer, frame } from '../../../controller/src/bind9/framer.ts'
import type { ResourceRecord } from '../../../controller/src/bind9/protocol.ts'
import { encodeRdata } from '../../../controller/src/bind9/rdata.ts'

/** Octets from hexadecimal text with white space, and comments from ";" to the end of the line. */
export function hex(text: string): Buffer {
  const digits = text.replace(/;.*$/gm, '').replace(/\s+/g, '')
  return Buffer.from(digits, 'hex')
}

/** A record of class IN; the rdata by type, in the fields of the table. */
export function record(name: string, type: string, spec: object, ttl = 300): ResourceRecord {
  const entry = recordTypes.find(candidate => candidate.type === type)
  if (!entry) throw new Error(`No type ${type} in the table`)
  return { name: canonicalName(name), type: entry.code, class: 1, ttl, rdata: encodeRdata(entry, { ...spec }) }
}

/** So many A records of host-0, host-1, ... below the zone. */
export function hosts(count: number, zone = 'example.com.', ttl = 300): ResourceRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `host-${i}.${zone}`,
    type: 1,
    class: 1,
    ttl,
    rdata: Buffer.from([10, i >> 16, (i >> 8) & 255, i & 255]),
  }))
}

export interface FakeServer {
  readonly port: number
  /** Connections made to it so far. */
  readonly connections: number
  /** Ends all connections; new ones are taken. */
  hangUp(): void
  stop(): Promise<void>
}

/** A TCP server on loopback that hands each DNS message to `answer`; what that returns is sent back, each in a frame. */
export async function startFake(
  answer: (request: Buffer, socket: Socket) => readonly Buffer[] | Promise<readonly Buffer[]>,
): Promise<FakeServer> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer(socket => {
    connections++
    sockets.add(socket)
    const framer = new Framer()
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', async chunk => {
      for (const request of framer.push(chunk))
        for (const reply of await answer(request, socket)) if (socket.writable) socket.write(frame(reply))
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const hangUp = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections
    },
    hangUp,
    stop: async () => {
      hangUp()
      await new Promise(done => server.close(done))
    },
  }
}
