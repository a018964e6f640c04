import './memory.ts'
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { jsonLog, loadConnection, portOf, runProgram } from '#kube'
import { runWebhook } from './webhook.ts'

const USAGE = `Usage: npm run webhook -- [options]

Answers the API server's reviews of our objects: fills in what was left out, and
refuses what DNS would not stand. Registers itself once it is ready.

  --kubeconfig FILE   in place of KUBECONFIG, ~/.kube/config or the pod's own account
  --context NAME      the context of the kubeconfig to use
  --url URL           where the API server reaches this process, such as
                      https://192.0.2.10:10250 (in a pod: by its Service, bindy-webhook)
  --host ADDRESS      listen on this address alone
  --port PORT         listen on this port (10250)
  --certificate DIR   serve tls.crt and tls.key of a directory, read again as they
                      change; ca.crt beside them is what the API server is to trust
                      (a certificate of its own authority, kept in a Secret)
  --help              this text
`

const options = {
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  url: { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string', default: '10250' },
  certificate: { type: 'string' },
  help: { type: 'boolean' },
} as const

/** The API server's network learns within so long that a pod is not to be asked any more. */
const GRACE_MS = 5_000

function readArguments() {
  const { values } = parseArgs({ options })
  const port = portOf('--port', values.port)
  if (values.url !== undefined) mustBeUrl(values.url)
  if (!values.help && values.url === undefined && process.env.KUBERNETES_SERVICE_HOST === undefined) {
    throw new TypeError('--url must say where the API server reaches this process, for it runs in no pod')
  }
  return { ...values, port }
}

function mustBeUrl(text: string): void {
  const url = URL.parse(text)
  if (url?.protocol === 'https:' && url.pathname === '/' && url.search === '' && url.hash === '') return
  throw new TypeError(`--url wants https:// with a host and perhaps a port, not ${text}`)
}

async function main({
  kubeconfig,
  context,
  url,
  host,
  port,
  certificate,
}: ReturnType<typeof readArguments>): Promise<void> {
  const stop = new AbortController()
  // A pod is told to end before the others know; who presses Ctrl-C waits for nobody.
  let graceMs = 0
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => {
    graceMs = GRACE_MS
    stop.abort()
  })
  const connection = await loadConnection({ kubeconfig, context })
  const log = jsonLog(line => process.stdout.write(line))
  const reach = url ? { url } : { service: { namespace: connection.namespace, name: 'bindy-webhook' } }
  const source = { now: Date.now, randomBytes }
  log.info('Webhook started', { server: connection.origin, ...reach })
  await runWebhook(
    { connection, log, source, reach, host, port, certificateDirectory: certificate, graceMs: () => graceMs },
    { signal: stop.signal },
  )
}

void runProgram({ usage: USAGE, read: readArguments, main })
