import '../../controller/src/memory.ts'
import { parseArgs } from 'node:util'
import { loadConnection, type RequestRecord } from '#kube'
import { runController } from '../../controller/src/controller.ts'
import { nowMs } from './clock.ts'

/** What the controller said to the API server: how often, by verb and kind, and when statuses went out. */
export interface Sent {
  readonly requests: Readonly<Record<string, number>>
  readonly firstStatusMs: number | undefined
  readonly lastStatusMs: number | undefined
}

export type FromController =
  | { readonly log: string; readonly atMs: number; readonly fields: unknown }
  | { readonly sent: Sent }

// Runs the controller as its main program does, but for the lease, and counts its requests for the bench.
const { values } = parseArgs({ options: { kubeconfig: { type: 'string' } } })
const stop = new AbortController()
const requests: Record<string, number> = {}
let firstStatusMs: number | undefined
let lastStatusMs: number | undefined

const tell = (message: FromController) => process.send?.(message)

function count({ verb, path }: RequestRecord): void {
  // .../namespaces/NAMESPACE/PLURAL/NAME/status
  const isStatus = path.endsWith('/status')
  const plural = /\/namespaces\/[^/]+\/([^/]+)/.exec(path)?.[1] ?? path.split('/').at(-1)
  const kind = `${verb} ${plural}${isStatus ? '/status' : ''}`
  requests[kind] = (requests[kind] ?? 0) + 1
  if (!isStatus || plural !== 'arecords') return
  lastStatusMs = nowMs()
  firstStatusMs ??= lastStatusMs
}

const line = (log: string, fields: unknown = {}) => tell({ log, fields, atMs: nowMs() })
process.on('message', message => {
  if (message === 'reset') {
    for (const kind of Object.keys(requests)) delete requests[kind]
    firstStatusMs = undefined
    lastStatusMs = undefined
  }
  tell({ sent: { requests, firstStatusMs, lastStatusMs } })
})
process.once('SIGTERM', () => stop.abort())
process.once('disconnect', () => stop.abort())

const connection = await loadConnection({ kubeconfig: values.kubeconfig })
const log = { info: line, warn: line, error: line }
await runController({ connection, log, identity: 'bench', onRequest: count }, { signal: stop.signal })
process.disconnect?.()
