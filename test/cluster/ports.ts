import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tryLock } from './lock.mjs'

/** A port that is ours until released, also while nobody listens on it: a server finds it again after a restart. */
export interface Port {
  readonly number: number
  release(): void
}

/**
 * Reserves a port of 127.0.0.1 that is free for TCP and UDP.
 *
 * Below the range that Linux gives to outgoing connections (from 32768): one of those could sit on our port while its
 * server is down. The lock keeps other runs of Bindy away; two named on one port would share it and say nothing.
 */
export async function reservePort(): Promise<Port> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const number = 10_000 + Math.floor(Math.random() * 22_000)
    const release = await tryLock(`port ${number}`)
    if (!release) continue
    if (await isFree(number)) return { number, release }
    release()
  }
  throw new Error('Cannot find a free port on 127.0.0.1: a thousand between 10000 and 32000 were tried')
}

async function isFree(port: number): Promise<boolean> {
  const tcp = createServer()
  const udp = createSocket('udp4')
  try {
    await once(tcp.listen(port, '127.0.0.1'), 'listening')
    udp.bind(port, '127.0.0.1')
    await once(udp, 'listening')
    return true
  } catch {
    return false
  } finally {
    tcp.close()
    udp.close()
  }
}
