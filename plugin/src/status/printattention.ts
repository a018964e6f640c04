import { printDuration } from '../screen/duration.ts'
import { harmless } from '../screen/harmless.ts'
import type { Terminal } from '../screen/terminal.ts'
import { wrap } from '../screen/wrap.ts'
import type { Attention } from './attention.ts'

/** What needs attention, the worst first: at most so many, and what shows the others. */
export function printAttention(
  attention: readonly Attention[],
  terminal: Terminal,
  { limit, more, nowMs }: { readonly limit: number; readonly more: string; readonly nowMs: number },
): string[] {
  const worstFirst = [...attention].sort((a, b) => Number(a.mark === 'warning') - Number(b.mark === 'warning'))
  const left = attention.length - limit
  return [
    terminal.paint('bold', `Attention (${attention.length})`),
    ...worstFirst
      .slice(0, limit)
      .map(withItsCommand)
      .flatMap(({ mark, subject, message, command, since }) => [
        `  ${terminal.mark(mark)} ${harmless(subject)}`,
        ...wrap('      ', harmless(message) + (since ? `, ${forHowLong(since, nowMs)}` : ''), terminal),
        `      ${terminal.paint('cyan', harmless(command))}`,
      ]),
    ...(left > 0 ? [`  and ${left} more: ${more}`] : []),
  ]
}

// A command is there to be copied: one that a message ends in stands on a line of its own, which is not wrapped.
function withItsCommand(attention: Attention): Attention {
  const [, message, command] = /^(.*): (kubectl .*)$/s.exec(attention.message) ?? []
  return message === undefined || command === undefined ? attention : { ...attention, message, command }
}

function forHowLong(since: string, nowMs: number): string {
  return `for ${printDuration(nowMs - Date.parse(since))}`
}
