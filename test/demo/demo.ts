import { writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Condition } from '#crds'
import {
  provideBind9,
  provideKubernetes,
  type RunningApiServer,
  type RunningNamed,
  randomKey,
  startApiServer,
  startNamed,
  temporaryDirectory,
  until,
} from '../cluster/index.ts'
import { instanceObjects, manifest } from '../cluster/objects.ts'
import { type Answer, ask, isServed } from './answers.ts'
import { providePlugin, statusBy } from './plugin.ts'
import { killDescendants } from './processes.ts'
import { kubectl, lastLines, type RunningProgram, startProgram } from './program.ts'
import { refusal, startWebhook } from './refusal.ts'
import { questionsAbout } from './samples.ts'
import { answerTable, answerText, Progress } from './screen.ts'

/*
 * `npm run demo`: the whole of Bindy on this machine, on real parts, and what it serves. Everything it starts comes from
 * this process, and everything it writes lies in one directory, so that one end fits every moment.
 */

const USAGE = `Usage: npm run demo [-- --once]

Starts a Kubernetes API server, two BIND 9 servers, the controller and the
webhook on free ports of this machine, applies manifests/samples and shows what
is served, and a record that is refused.
Ctrl-C ends all of it and leaves nothing behind.

  --once   end as soon as both servers serve every sample, with exit code 0;
           or after two minutes with 1 and the reason
  --help   this text
`

const TIMEOUT_MS = 120_000
const root = join(import.meta.dirname, '../..')
const samples = join(root, 'manifests/samples')
const progress = new Progress()
/** How far the demo has come: Ctrl-C is the way to end one that is `shown`. */
let state: 'begun' | 'shown' | 'interrupted' = 'begun'

interface Demo {
  readonly api: RunningApiServer
  readonly servers: readonly [RunningNamed, RunningNamed]
  /** The controller and the webhook. */
  readonly programs: readonly RunningProgram[]
}

const { once } = readArguments()
const signal = interruption()
const directory = temporaryDirectory()
const story = tell(directory.path)
const code = await Promise.race([story, signal])
await Promise.race([endWith(story), sleep(5_000)])
await directory.remove()
sayGoodbye()
process.exit(code)

function readArguments(): { readonly once: boolean } {
  try {
    const { values } = parseArgs({ options: { once: { type: 'boolean' }, help: { type: 'boolean' } } })
    if (!values.help) return { once: values.once ?? false }
    process.stdout.write(USAGE)
    process.exit(0)
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`)
    process.exit(2)
  }
}

/** The exit code for the first signal that asks the demo to end. */
function interruption(): Promise<number> {
  return new Promise(resolve => {
    const onSignal = (name: NodeJS.Signals) => {
      resolve(state === 'shown' && name === 'SIGINT' ? 0 : 128 + constants.signals[name])
      if (state === 'interrupted') return
      state = 'interrupted'
      if (process.stderr.isTTY) process.stderr.write('\n') // after the "^C" of the terminal
      progress.done(`${name}: ending everything that was started`)
    }
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  })
}

/** Ends what was started, and what a story that was interrupted still starts. */
async function endWith(story: Promise<number>): Promise<void> {
  let isOver = false
  const over = story.finally(() => {
    isOver = true
  })
  while (!isOver) {
    await killDescendants()
    await Promise.race([over, sleep(50)])
  }
  await killDescendants()
}

function sayGoodbye(): void {
  if (state === 'interrupted') progress.done('all has ended, nothing is left behind')
}

/** The demo from beginning to end; answers with its exit code. */
async function tell(directory: string): Promise<number> {
  try {
    const demo = await setUp(directory)
    const answers = await served(demo)
    const objects = await ready(demo)
    progress.done(`both servers serve every sample; ${objects} objects are Ready`)
    show(demo, answers, await refusal(demo.api, directory))
    const bin = await progress.during('building kubectl bindy', () => providePlugin(directory))
    console.log(`$ kubectl bindy status\n${await statusBy(bin, demo.api)}`)
    if (once) return 0
    showWhatToTry(demo, await writeEnv(directory, demo.api, bin))
    if (state === 'begun') state = 'shown'
    const ended = await Promise.race(demo.programs.map(({ name, end }) => end.then(() => name)))
    throw new Error(`The ${ended} has ended by itself`)
  } catch (error) {
    if (state !== 'interrupted') showFailure(error as Error, directory)
    return 1
  }
}

async function setUp(directory: string): Promise<Demo> {
  await provideBind9()
  await provideKubernetes()
  const { api, servers } = await progress.during('starting etcd, kube-apiserver and two named', () => start(directory))
  progress.done('etcd, kube-apiserver and two named run: ns1 (primary), ns2 (secondary)')
  await progress.during('installing the CRDs', () => api.installCrds(join(root, 'crds')))
  progress.done('the CRDs of crds/ are installed')
  // The first create of a new kind takes 2 s: time for both programs to start.
  const programs = await progress.during('starting controller and webhook, applying the Bind9Instances', async () => {
    const controller = await startProgram('controller', api, { directory })
    const [webhook] = await Promise.all([startWebhook(api, directory), applyServers(api, servers)])
    return [controller, webhook]
  })
  progress.done('controller and webhook run, with the rights of manifests/ and no more')
  progress.done('a Bind9Instance and two Secrets for each server are applied')
  await progress.during('kubectl apply -f manifests/samples', () => kubectl(api, ['apply', '-f', samples]))
  progress.done('kubectl apply -f manifests/samples')
  return { api, servers, programs }
}

async function start(parent: string): Promise<Pick<Demo, 'api' | 'servers'>> {
  // A secondary fetches zones with the key of its primary.
  const tsigKey = randomKey('bindy')
  const [api, ...servers] = await Promise.all([
    startApiServer({ parent }),
    startNamed({ parent, tsigKey, name: 'ns1' }),
    startNamed({ parent, tsigKey, name: 'ns2' }),
  ])
  return { api, servers }
}

async function applyServers(api: RunningApiServer, [ns1, ns2]: Demo['servers']): Promise<void> {
  const clusterRef = 'production-dns'
  const objects = [
    ...instanceObjects(ns1, { role: 'primary', clusterRef }),
    ...instanceObjects(ns2, { role: 'secondary', clusterRef }),
  ]
  await kubectl(api, ['apply', '-f', '-'], { input: manifest(objects) })
}

/** Waits until both servers answer every question as its sample wants; the error shows what they answered. */
async function served({ api, servers, programs }: Demo): Promise<readonly Answer[]> {
  const questions = questionsAbout(samples)
  const deadlineMs = Date.now() + TIMEOUT_MS
  return progress.during('waiting until both servers serve every sample', async () => {
    for (;;) {
      const answers = (await Promise.all(servers.map(server => ask(server, questions)))).flat()
      if (isServed(answers)) return answers
      const ended = programs.find(({ isRunning }) => !isRunning)
      if (ended) throw new Error(`The ${ended.name} has ended\n\n${answerTable(answers)}`)
      if (Date.now() > deadlineMs) throw new Error(await notServed(api, answers))
      await sleep(100)
    }
  })
}

/** Waits until every object says that it is Ready, and answers with their number. */
async function ready({ api }: Demo): Promise<number> {
  let objects: Reported[] = []
  const areReady = async () => {
    objects = await reported(api)
    return objects.every(object => readyOf(object)?.status === 'True')
  }
  await progress.during('waiting until every object says so', () =>
    until('every object is Ready', areReady, { timeoutMs: 30_000 }).catch((cause: Error) => {
      throw new Error(`Both servers serve every sample, but not every object is Ready\n\n${unready(objects)}`, {
        cause,
      })
    }),
  )
  return objects.length
}

interface Reported {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly status?: { readonly conditions?: readonly Condition[] }
}

async function reported(api: RunningApiServer): Promise<Reported[]> {
  return JSON.parse(await kubectl(api, ['get', 'bindy', '-o', 'json'])).items
}

function readyOf({ status }: Reported): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready')
}

function unready(objects: readonly Reported[]): string {
  const lines = objects.map(object => {
    const { status = 'Unknown', reason = 'Pending', message = 'nothing is said yet' } = readyOf(object) ?? {}
    return status === 'True' ? [] : [`${object.kind} ${object.metadata.name}: Ready=${status}, ${reason}: ${message}`]
  })
  return lines.flat().join('\n')
}

async function notServed(api: RunningApiServer, answers: readonly Answer[]): Promise<string> {
  const wrong = answers.filter(({ isRight }) => !isRight)
  const lines = wrong.map(answer => {
    const { object, name, type, wanted } = answer.question
    return `${object}: ${answer.server} answers "${answerText(answer)}" to ${name} ${type}; wanted: ${wanted.join(', ')}`
  })
  const objects = await reported(api)
  return [
    `Not every sample is served after ${TIMEOUT_MS / 1000} s`,
    ...['', answerTable(answers)],
    ...['', ...lines],
    ...['', unready(objects) || `All ${objects.length} objects say Ready=True`],
  ].join('\n')
}

function show({ servers }: Demo, answers: readonly Answer[], refused: string): void {
  const asked = servers.map(({ name, address, dnsPort }) => `${name} is at ${address} port ${dnsPort}`).join(', ')
  console.log(`\nAsked with dig: ${asked}\n\n${answerTable(answers, process.stdout.columns)}\n`)
  console.log(`Refused before it is stored:\n\n${refused.replace(/^/gm, '  ')}\n`)
}

function showWhatToTry({ api, servers: [ns1, ns2] }: Demo, env: string): void {
  const dig = ({ address, dnsPort }: RunningNamed) => `dig @${address} -p ${dnsPort} www.example.com A +short`
  console.log(`kubeconfig: ${api.kubeconfig}

Try it by hand in another terminal. The first line lets the others find the
kubeconfig, kubectl with its plugin, and dig:

  . ${env}

  ${dig(ns1)}
  ${dig(ns2)}
  kubectl get dnszones
  kubectl bindy status zone example.com --live
  kubectl bindy record add demo.example.com A 192.0.2.7 --wait
  kubectl get arecords
  kubectl patch a sample-a --type=merge -p 'spec: {ipv4Address: 192.0.2.99}'
  kubectl delete mxrecord sample-mx

Ctrl-C here ends all of it and leaves nothing behind.
`)
}

/** Writes what a shell needs to try the demo by hand; what the user has already comes first. */
async function writeEnv(directory: string, { kubeconfig }: RunningApiServer, bin: string): Promise<string> {
  const [{ dig }, { kubectl }] = await Promise.all([provideBind9(), provideKubernetes()])
  const file = join(directory, 'env')
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
  const lines = [
    `export KUBECONFIG=${quoted(kubeconfig)}`,
    `export KUBECACHEDIR=${quoted(join(directory, 'kubectl-cache'))}`,
    `export PATH="$PATH":${quoted([bin, dirname(dig), dirname(kubectl)].join(delimiter))}`,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

function showFailure({ message }: Error, directory: string): void {
  const log = lastLines(directory)
  process.stderr.write(`\n${message}\n${log && `\n${log}`}`)
}
