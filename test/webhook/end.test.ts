import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  type Directory,
  type Port,
  type RunningApiServer,
  reservePort,
  temporaryDirectory,
  until,
} from '../cluster/index.ts'
import { type RunningProgram, startProgram } from '../demo/program.ts'
import { MountedSecret } from './mounted.ts'
import { responseIn, reviewOf } from './service.ts'
import { startCluster } from './webhook.ts'

// The program itself, with the rights of its manifest, is told to end as kubelet tells it.
const PATH = '/validate-bindy-firestoned-io-v1alpha1-arecord'
const review = JSON.stringify(
  reviewOf({
    object: {
      ...{ apiVersion: 'bindy.firestoned.io/v1alpha1', kind: 'ARecord' },
      metadata: { name: 'www', namespace: 'default' },
      spec: { zone: 'example.com', name: 'www', ipv4Address: '192.0.2.1' },
    },
  }),
)

let api: RunningApiServer
let directory: Directory
let port: Port
let program: RunningProgram

beforeAll(async () => {
  api = await startCluster()
  directory = temporaryDirectory()
  port = await reservePort()
  const secret = new MountedSecret(directory.path)
  await secret.change()
  const listen = ['--host', '127.0.0.1', '--port', String(port.number), '--url', `https://127.0.0.1:${port.number}`]
  const args = [...listen, '--certificate', secret.directory]
  program = await startProgram('webhook', api, { directory: directory.path, args })
  await program.untilLogged('Webhook registered')
})

afterAll(async () => {
  program?.send('SIGKILL')
  await program?.end
  port?.release()
  await api?.stop()
  await directory?.remove()
})

const ca = () => readFileSync(join(directory.path, 'ca.crt'), 'utf8')

test('SIGTERM: what is asked for a while is answered, what was begun is finished, and it ends with 0', async () => {
  const options = { host: '127.0.0.1', port: port.number, ca: ca() }
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(review) }
  const ask = async () => {
    const sent = request({ ...options, agent, path: PATH, method: 'POST', headers }).end(review)
    const [answer] = await once(sent, 'response')
    return {
      isLast: answer.headers.connection === 'close',
      ...responseIn({ code: 200, headers: {}, text: await text(answer) }),
    }
  }

  const answers: Awaited<ReturnType<typeof ask>>[] = []
  // Each of the last ones costs a handshake, and the grace is 5 s.
  const work = async () => {
    while (answers.filter(({ isLast }) => isLast).length < 40) answers.push(await ask())
  }
  const working = Promise.all(Array.from({ length: 8 }, work))
  await until('reviews are answered', () => answers.length > 50)

  const slow = connect(options)
  await once(slow, 'secureConnect')
  slow.write(
    `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${review.length}\r\n\r\n`,
  )
  slow.write(review.slice(0, 100))

  program.send('SIGTERM')
  await working
  agent.destroy()
  expect(answers.every(({ allowed }) => allowed)).toBe(true)
  expect(program.isRunning).toBe(true)

  const isRefused = async () => {
    const sent = request({ ...options, agent: false, path: '/healthz' }).end()
    return once(sent, 'response').then(
      ([answer]) => void answer.resume(),
      error => error.code === 'ECONNREFUSED',
    )
  }
  await until('it takes no more', isRefused, { timeoutMs: 20_000 })
  const answered = text(slow)
  slow.write(review.slice(100))
  expect(await answered).toMatch(/^HTTP\/1\.1 200 [\s\S]*"allowed":true/)
  expect(await program.end).toEqual([0, null])
})
