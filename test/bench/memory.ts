import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { bundleProgram } from '#bundle'
import { spawnChild } from '../cluster/child.ts'
import { until } from '../cluster/index.ts'
import { atMost, type Figure } from './figure.ts'
import { residentMB } from './process.ts'
import type { Setting } from './setting.ts'
import { median } from './statistics.ts'

const root = join(import.meta.dirname, '../..')
const SETTLE_MS = 20_000
const SAMPLES = 10

/** The resident memory of the bundled controller once it has read all objects, found all served and rested. */
export async function restingMemory(
  { api, directory }: Setting,
  records: number,
  { limitMB }: { readonly limitMB: number },
): Promise<Figure> {
  const bundle = join(directory, 'controller.mjs')
  await bundleProgram(join(root, 'controller/src/main.ts'), bundle)
  const child = spawnChild(process.execPath, [bundle, '--kubeconfig', api.kubeconfig], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    let said = ''
    child.stdout?.on('data', chunk => {
      said += chunk
    })
    await until('the controller has read all objects', () => said.includes('All objects read'), { timeoutMs: 300_000 })
    await pause(SETTLE_MS)
    const samples: number[] = []
    for (let i = 0; i < SAMPLES; i++) {
      samples.push(residentMB(child.pid ?? 0))
      await pause(500)
    }
    const memory = median(samples)
    return {
      what: `resident memory at rest with ${records} records`,
      value: megabytes(memory),
      ...atMost(limitMB, memory, megabytes),
    }
  } finally {
    child.kill('SIGTERM')
  }
}

export const megabytes = (value: number): string => `${value.toFixed(0)} MB`
