import { Help } from '@oclif/core'
import { type CommandShape, readArguments } from './argv.ts'
import { Failure, failureOf, Interrupted, printFailure } from './failure.ts'
import { loadConfig, version } from './oclif.ts'
import { type ColourChoice, Terminal } from './screen/terminal.ts'

/*
 * kubectl bindy: what was typed is read as kubectl would read it, the command runs, and how it ended is the exit code.
 */

async function main(): Promise<void> {
  const typed = process.argv.slice(2)
  if (typed[0] === '--version') return void process.stdout.write(`${version}\n`)
  const config = await loadConfig(import.meta.filename)
  const commands = config.commands.map(({ id, flags, hidden }): CommandShape => {
    const shapes = Object.entries(flags).map(([name, { type, char }]) => ({ name, type, char }))
    return { id, flags: shapes, isHidden: hidden }
  })
  const call = readArguments(typed, commands, topics(commands))
  if (call.kind === 'help')
    return new Help(config, { docopts: false, hideAliasesFromRoot: true }).showHelp([...call.words])
  await config.runCommand(call.id, [...call.argv])
}

function topics(commands: readonly CommandShape[]): string[] {
  return commands.flatMap(({ id }) => (id.includes(':') ? [id.split(':')[0] as string] : []))
}

/** The exit code is set and nothing is cut off: the process ends when its output is written. */
function end(error: unknown): void {
  const failure = failureOf(error)
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
  stream.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? (process.exitCode ?? 0) : new Failure('', { exit: 3 }).exit)
  })
}

main().catch(end)
