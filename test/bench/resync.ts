import { atMost, type Figure, ms, seconds } from './figure.ts'
import type { Setting } from './setting.ts'
import { median } from './statistics.ts'

/** A controller that finds everything served and said: how long it compares, how often it was measured. */
export async function benchResync(setting: Setting, rounds: number): Promise<Figure[]> {
  const spans: { wallMs: number; cpuMs: number }[] = []
  for (let round = 0; round < rounds; round++) spans.push(await resync(setting))
  const wallMs = median(spans.map(span => span.wallMs))
  return [
    {
      what: `nothing to do: cached to compared, p50 of ${rounds}`,
      value: seconds(wallMs),
      ...atMost(300, wallMs, seconds),
    },
    { what: '  CPU time from cached to quiet', value: ms(median(spans.map(span => span.cpuMs))) },
  ]
}

async function resync(setting: Setting): Promise<{ wallMs: number; cpuMs: number }> {
  const controller = setting.startController()
  try {
    const cached = await controller.untilLogged('All objects read')
    const before = controller.cpuMs
    const compared = await controller.untilLogged('Zone read')
    const { requests } = await controller.untilQuiet()
    const writes = Object.keys(requests).filter(kind => kind.startsWith('patch'))
    if (writes.length > 0) throw new Error(`Cannot measure: the controller had something to do: ${writes.join(', ')}`)
    return { wallMs: compared.atMs - cached.atMs, cpuMs: controller.cpuMs - before }
  } finally {
    await controller.stop()
  }
}
