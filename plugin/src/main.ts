import { readArguments } from './argv.ts'
import { commands } from './commands.ts'
import { Failure, Interrupted, printFailure } from './failure.ts'
import { version } from './name.ts'
import { readOutline } from './outline.ts'
import { colourChoiceIn, Terminal } from './screen/terminal.ts'

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
  const terminal = terminalOf(process.stderr)
  for (const text of call.warnings) process.stderr.write(`${terminal.paint('yellow', 'Warning:')} ${text}\n`)
  const [{ bareConfig }, command] = await Promise.all([import('./oclif.ts'), commands[call.id]?.()])
  mustFinish = 'dry-run' in (command?.default.flags ?? {}) || call.argv.some(arg => WRITES_FILES.test(arg))
  await command?.default.execute(call.argv, bareConfig)
}

function write(text: string): void {
  process.stdout.write(text)
}

/** The exit code is set and nothing is cut off: the process ends when its output is written. */
async function end(error: unknown): Promise<void> {
  const failure = error instanceof Failure ? error : (await import('./explain.ts')).failureOf(error)
  process.exitCode = failure.exit
  await outputTaken()
  process.stderr.write(printFailure(failure, terminalOf(process.stderr)))
  if (process.env.DEBUG && !(failure instanceof Interrupted)) console.error(error)
}

// Where both go to one pipe, an error is to stand below what it is about, not amid it.
function outputTaken(): Promise<void> {
  return new Promise(resolve => process.stdout.write('', () => resolve()))
}

// Known before the arguments are read, because reading them can fail.
function terminalOf(stream: NodeJS.WriteStream): Terminal {
  return new Terminal(stream, process.env, colourChoiceIn(process.argv))
}

/** A command that writes objects, or files, is not to stop between two of them. */
let mustFinish = false
const WRITES_FILES = /^--(directory|fix)(=|$)/

// A reader that has seen enough, such as head, is no fault of anybody's.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exit(3)
    if (!mustFinish) process.exit(process.exitCode ?? 0)
  })
}

main().catch(end)
