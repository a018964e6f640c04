import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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

function version(): string {
  const found = /\sk8s\.io\/kubernetes (v\S+)/m.exec(readFileSync(join(import.meta.dirname, 'go.mod'), 'utf8'))
  if (!found?.[1]) throw new Error('Cannot read the version of k8s.io/kubernetes from test/cluster/go.mod')
  return found[1]
}

async function build(directory: string): Promise<void> {
  await needGo()
  for (const program of programs) {
    const { path, takes } = packages[program]
    await progress(`${program} for Kubernetes ${version()}: building, ${takes}`, () =>
      must('go', ['build', '-trimpath', '-ldflags', stamp(), '-o', join(directory, program), path], {
        cwd: import.meta.dirname,
        env: { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off', GOTMPDIR: directory },
      }),
    )
  }
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

async function needGo(): Promise<void> {
  const { code } = await run('go', ['version']).catch(() => ({ code: 127 }))
  if (code === 0) return
  throw new Error(
    `Cannot find ${programs.join(', ')} of Kubernetes ${version()}, nor go to build them with: install Go 1.26 or newer ` +
      '(https://go.dev/dl), or set KUBEBUILDER_ASSETS to a directory that holds these three programs',
  )
}
