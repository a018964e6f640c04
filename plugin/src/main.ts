import { readArguments } from './argv.ts'
import { commands } from './commands.ts'
import { Failure, Interrupted, printFailure } from './failure.ts'
import { version } from './name.ts'
import { readOutline } from './outline.ts'
import { type ColourChoice, Terminal } from './screen/terminal.ts'

/*
 * kubectl bindy: what was typed is read as kubectl would read it, the command runs, and how it ended is the exit code.
 * Help needs neither oclif nor a command: it is at hand in the outline.
 */

async function main(): Promise<void> {
  const typed = process.argv.slice(2)
  if (typed[0] === '--version') return write(`${version}\n`)
  if (typed[0] === '__complete') return void (await (await import('./complete.ts')).printCompletions(typed.slice(1)))
  const outline = await readOutline(import.meta.filename)
  const call = readArguments(typed, outline.commands)
  if (call.kind === 'help') return write(outline.help[call.words.join(' ')] ?? '')
  const [{ bareConfig }, command] = await Promise.all([import('./oclif.ts'), commands[call.id]?.()])
  await command?.default.execute(call.argv, bareConfig)
}

function write(text: string): void {
  process.stdout.write(text)
}

/** The exit code is set and nothing is cut off: the process ends when its output is written. */
async function end(error: unknown): Promise<void> {
  const failure = error instanceof Failure ? error : (await import('./explain.ts')).failureOf(error)
  const terminal = new Terminal(process.stderr, process.env, colourIn(process.argv))
  process.stderr.write(printFailure(failure, terminal))
  if (process.env.DEBUG && !(failure instanceof Interrupted)) console.error(error)
  process.exitCode = failure.exit
}

// Known before the arguments are read, because reading them can fail.
function colourIn(argv: readonly string[]): ColourChoice {
  const said = argv.find(arg => /^--color=(always|never)$/.test(arg))
  return said ? (said.slice(8) as ColourChoice) : 'auto'
}

// A reader that has seen enough, such as head, is no fault of anybody's.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? (process.exitCode ?? 0) : 3),
  )
}

main().catch(end)
