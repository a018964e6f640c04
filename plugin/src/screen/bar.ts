import type { Terminal } from './terminal.ts'

const WIDTH = 30

/** How far something is: "████████░░░░ 4,321/10,000". */
export function bar(done: number, all: number, terminal: Terminal): string {
  const full = all === 0 ? WIDTH : Math.floor((done / all) * WIDTH)
  const [on, off] = terminal.isAscii ? ['#', '.'] : ['█', '░']
  return `${on.repeat(full)}${off.repeat(WIDTH - full)} ${done.toLocaleString('en')}/${all.toLocaleString('en')}`
}
