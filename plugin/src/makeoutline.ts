import { extname, join } from 'node:path'
import { type Command, Config, Help } from '@oclif/core'
import { BIN, version } from './name.ts'
import { type CommandShape, type Outline, topicsOf } from './shape.ts'

/** Makes the outline of all commands; the help is laid out for 80 columns, without colour. */
export async function makeOutline(entry: string): Promise<Outline> {
  const config = await loadConfig(entry)
  const commands = await Promise.all(config.commands.map(shapeOf))
  const subjects = ['', ...topicsOf(commands), ...commands.map(({ id }) => id.replaceAll(':', ' '))]
  const help: Record<string, string> = {}
  for (const subject of subjects) help[subject] = await helpOf(config, subject)
  return { commands, help }
}

async function shapeOf(command: Command.Loadable): Promise<CommandShape> {
  const { id, flags, args, hidden, summary } = command
  const declared = ((await command.load()).flags ?? {}) as Readonly<Record<string, object>>
  const shapes = Object.entries(flags).map(([name, flag]) => {
    const options = ('options' in flag && flag.options) || formsOf(declared[name])
    return {
      name,
      type: flag.type,
      ...(flag.char && { char: flag.char }),
      ...(flag.summary && { summary: flag.summary }),
      ...(options && { options }),
    }
  })
  return { id, summary: summary ?? '', flags: shapes, args: Object.keys(args), isHidden: hidden }
}

// What oclif does not keep of a flag.
function formsOf(flag: { readonly forms?: readonly string[] } | undefined): readonly string[] | undefined {
  return flag?.forms
}

// `entry` is the file that runs, beside that of the commands.
function loadConfig(entry: string): Promise<Config> {
  const options = { root: join(entry, '..'), pjson: pjsonOf(entry), userPlugins: false, devPlugins: false }
  return Config.load(options as Parameters<typeof Config.load>[0])
}

// Read by oclif in place of a package.json of its own.
function pjsonOf(file: string) {
  return {
    name: 'kubectl-bindy',
    version,
    type: 'module',
    oclif: {
      bin: BIN,
      dirname: 'kubectl-bindy',
      topicSeparator: ' ',
      additionalHelpFlags: ['-h'],
      commands: { strategy: 'explicit', target: `./allcommands${extname(file)}`, identifier: 'commands' },
      topics: {
        record: { description: 'Add, set, delete and list DNS records' },
        zone: { description: 'Create, list and delete zones, and see to them on their servers' },
      },
    },
  }
}

async function helpOf(config: Config, subject: string): Promise<string> {
  const help = new TextHelp(config, { docopts: false, hideAliasesFromRoot: true, maxWidth: 80, stripAnsi: true })
  // As an id: of words it would take "status" and an argument.
  await help.showHelp(subject === '' ? [] : [subject.replaceAll(' ', ':')])
  return help.text
}

class TextHelp extends Help {
  text = ''

  protected override log(...lines: string[]): void {
    this.text += `${lines.join('\n')}\n`
  }
}
