import { type Config, Help } from '@oclif/core'
import { loadConfig } from './oclif.ts'
import { type CommandShape, type Outline, topicsOf } from './shape.ts'

/** Makes the outline of all commands; the help is laid out for 80 columns, without colour. */
export async function makeOutline(entry: string): Promise<Outline> {
  const config = await loadConfig(entry)
  const commands = config.commands.map(({ id, flags, args, hidden, summary }): CommandShape => {
    const shapes = Object.entries(flags).map(([name, flag]) => ({
      name,
      type: flag.type,
      ...(flag.char && { char: flag.char }),
      ...(flag.summary && { summary: flag.summary }),
      ...('options' in flag && flag.options && { options: flag.options }),
    }))
    return { id, summary: summary ?? '', flags: shapes, args: Object.keys(args), isHidden: hidden }
  })
  const subjects = ['', ...topicsOf(commands), ...commands.map(({ id }) => id.replaceAll(':', ' '))]
  const help: Record<string, string> = {}
  for (const subject of subjects) help[subject] = await helpOf(config, subject)
  return { commands, help }
}

async function helpOf(config: Config, subject: string): Promise<string> {
  const help = new TextHelp(config, { docopts: false, hideAliasesFromRoot: true, stripAnsi: true })
  await help.showHelp(subject.split(' ').filter(word => word !== ''))
  return help.text
}

class TextHelp extends Help {
  text = ''

  protected override log(...lines: string[]): void {
    this.text += `${lines.join('\n')}\n`
  }
}
