import { createHash } from 'node:crypto'
import { connect, createServer } from 'node:net'

/**
 * Waits until this process alone holds `name`, and answers with the function that lets go of it.
 *
 * The lock is a Linux abstract socket: the kernel frees it when its owner ends, however it ends, so none is ever stale;
 * and who waits is connected to the owner, so nobody polls. Plain JavaScript, because run.mjs needs it on Node 20.
 */
export async function lock(name, { onWait = () => {} } = {}) {
  const path = address(name)
  for (;;) {
    const release = await take(path)
    if (release) return release
    onWait()
    await ended(path)
  }
}

/** Takes the lock `name` unless somebody holds it: then the answer is undefined. */
export const tryLock = name => take(address(name))

// All 107 octets that the kernel takes: shorter ones are filled up by Node 20 and are another name to Node 24.
const address = name =>
  `\0bindy-${createHash('sha512').update(`${process.getuid?.()}:${name}`).digest('hex').slice(0, 101)}`

function take(path) {
  const waiting = new Set()
  const server = createServer(socket => {
    waiting.add(socket.unref().on('error', () => {}))
  }).unref()
  const release = () => {
    server.close()
    for (const socket of waiting) socket.destroy()
  }
  return new Promise((resolve, reject) => {
    server.once('error', error => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
    server.listen(path, () => resolve(release))
  })
}

function ended(path) {
  return new Promise(resolve => {
    connect(path)
      .on('error', () => {})
      .on('close', resolve)
      .resume()
  })
}
