import './memory.ts'
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { parseArgs } from 'node:util'
import { jsonLog, KubeClient, loadConnection, portOf, runAsLeader, runProgram } from '#kube'
import { runController } from './controller.ts'
import { dryRun } from './dryrun.ts'

const USAGE = `Usage: npm run controller -- [options]

Makes BIND 9 servers serve what the objects of a cluster describe.

  --kubeconfig FILE     in place of KUBECONFIG, ~/.kube/config or the pod's own account
  --context NAME        the context of the kubeconfig to use
  --seed-address IP     where servers reach this process to fetch a new zone
                        (our end of each control connection)
  --seed-port PORT      the port of it, UDP and TCP (any free one)
  --dry-run             print what would be done, write nothing anywhere, and end
  --help                this text
`

const options = {
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  'seed-address': { type: 'string' },
  'seed-port': { type: 'string' },
  'dry-run': { type: 'boolean' },
  help: { type: 'boolean' },
} as const

function readArguments() {
  const { values } = parseArgs({ options })
  const port = values['seed-port']
  return { ...values, seedPort: port === undefined ? undefined : portOf('--seed-port', port) }
}

async function main(options: ReturnType<typeof readArguments>): Promise<void> {
  const { kubeconfig, context, seedPort, 'seed-address': seedAddress, 'dry-run': isDry } = options
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort())
  const connection = await loadConnection({ kubeconfig, context })
  if (isDry) {
    const print = (line: string) => void process.stdout.write(`${line}\n`)
    await dryRun({ connection, log: jsonLog(line => process.stderr.write(line)), print }, stop)
    return connection.close()
  }
  const log = jsonLog(line => process.stdout.write(line))
  const identity = `${hostname()}-${randomBytes(4).toString('hex')}`
  const client = new KubeClient(connection, { userAgent: 'bindy-controller' })
  log.info('Controller started', { server: connection.origin, identity })
  await runAsLeader(
    { client, namespace: connection.namespace, name: 'bindy-controller', identity, signal: stop.signal, log },
    ({ signal }) => runController({ connection, log, identity, seedAddress, seedPort }, { signal }),
  )
  await connection.close()
}

void runProgram({ usage: USAGE, read: readArguments, main })
