import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { provideBind9, provideKubernetes, run } from '../cluster/index.ts'

/** What the figures were measured on, as a line or two. */
export async function describeMachine(): Promise<string> {
  const { named } = await provideBind9()
  const { 'kube-apiserver': apiserver } = await provideKubernetes()
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU'
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`
  const load = loadavg()[0]?.toFixed(1)
  return [
    `machine   ${availableParallelism()} cores (${model}), ${memory} memory, load ${load} before`,
    `versions  node ${process.version}, named ${await versionOf(named, '-V')}, kube-apiserver ${await versionOf(apiserver, '--version')}`,
  ].join('\n')
}

async function versionOf(program: string, flag: string): Promise<string> {
  const { stdout } = await run(program, [flag])
  return /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? 'unknown'
}
