import { Args } from '@oclif/core'
import { BindyCommand } from '../base.ts'

const shells = ['kubectl', 'bash', 'zsh', 'fish'] as const

const script = `#!/bin/sh
# Put this on PATH as kubectl_complete-bindy, executable: kubectl asks it for the words of "kubectl bindy".
exec kubectl bindy __complete "$@"`

const setUp = {
  bash: 'source <(kubectl completion bash)',
  zsh: 'source <(kubectl completion zsh)',
  fish: 'kubectl completion fish | source',
} as const

export default class Completion extends BindyCommand {
  static override summary = 'Print what completes the words of this plugin'
  static override description =
    'kubectl 1.26 and newer complete a plugin by an executable kubectl_complete-bindy, which the npm package installs. "kubectl" prints it for where it is not; the name of a shell prints the line that turns kubectl\'s own completion on.'
  static override args = {
    shell: Args.string({ ignoreStdin: true, required: true, options: [...shells], description: shells.join(', ') }),
  }

  async run(): Promise<void> {
    const { args } = await this.parse(Completion)
    this.print(args.shell === 'kubectl' ? script : setUp[args.shell as keyof typeof setUp])
  }
}
