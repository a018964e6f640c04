import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cached } from './cache.ts'
import { must, run } from './child.ts'
import { progress } from './progress.mjs'

const packages = {
  'kube-apiserver': { path: 'k8s.io/kubernetes/cmd/kube-apiserver', takes: 'about 3 min' },
  kubectl: { path: 'k8s.io/kubernetes/cmd/kubectl', takes: 'about 20 s' },
  etcd: { path: 'go.etcd.io/etcd/server/v3', takes: 'about 10 s' },
} as const

type Program = keyof typeof packages
const programs = Object.keys(packages) as Program[]

/** The path of each program of a Kubernetes API server. */
export type Kubernetes = { readonly [program in Program]: string }

/** Finds the programs in KUBEBUILDER_ASSETS or in the cache, or builds them there with Go from go.mod beside this file. */
export async function provideKubernetes(): Promise<Kubernetes> {
  const assets = process.env.KUBEBUILDER_ASSETS
  const directory = assets || (await cached(`cluster/${version()}`, build))
  const missing = programs.filter(program => !existsSync(join(directory, program)))
  if (missing.length > 0)
    throw new Error(`Cannot find ${missing.join(', ')} in ${assets ? 'KUBEBUILDER_ASSETS, ' : ''}${directory}`)
  return Object.fromEntries(programs.map(program => [program, join(directory, program)])) as Kubernetes
}

/** Builds the stand-in for the kubelet, or finds it in the cache; returns its path. */
export async function provideKubelet(): Promise<string> {
  const source = readFileSync(join(import.meta.dirname, 'kubelet/main.go'))
  const digest = createHash('sha256').update(source).digest('hex').slice(0, 12)
  const directory = await cached(`kubelet/${version()}-${digest}`, async place => {
    await needGo('the stand-in for the kubelet')
    await progress('stand-in for the kubelet: building, about 10 s', () =>
      goBuild('./kubelet', { output: join(place, 'kubelet'), flags: '-s -w' }),
    )
  })
  return join(directory, 'kubelet')
}

function version(): string {
  const found = /\sk8s\.io\/kubernetes (v\S+)/m.exec(readFileSync(join(import.meta.dirname, 'go.mod'), 'utf8'))
  if (!found?.[1]) throw new Error('Cannot read the version of k8s.io/kubernetes from test/cluster/go.mod')
  return found[1]
}

async function build(directory: string): Promise<void> {
  await needGo(`${programs.join(', ')} of Kubernetes ${version()}`)
  for (const program of programs) {
    const { path, takes } = packages[program]
    await progress(`${program} for Kubernetes ${version()}: building, ${takes}`, () =>
      goBuild(path, { output: join(directory, program), flags: stamp() }),
    )
  }
}

function goBuild(path: string, { output, flags }: { readonly output: string; readonly flags: string }) {
  return must('go', ['build', '-trimpath', '-ldflags', flags, '-o', output, path], {
    cwd: import.meta.dirname,
    env: { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off', GOTMPDIR: dirname(output) },
  })
}

/** What a release build says of itself: clients and `kubectl version` read it. */
function stamp(): string {
  const [major, minor] = version().slice(1).split('.')
  const fields = { gitVersion: version(), gitMajor: major, gitMinor: minor }
  return Object.entries(fields).reduce(
    (flags, [name, value]) => `${flags} -X k8s.io/component-base/version.${name}=${value}`,
    '-s -w',
  )
}

async function needGo(what: string): Promise<void> {
  const { code } = await run('go', ['version']).catch(() => ({ code: 127 }))
  if (code === 0) return
  throw new Error(
    `Cannot find ${what}, nor go to build them with: install Go 1.26 or newer ` +
      '(https://go.dev/dl), or set KUBEBUILDER_ASSETS to a directory that holds these three programs',
  )
}
