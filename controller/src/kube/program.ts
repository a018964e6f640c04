/** A program of ours, as it is called. */
export interface Program<Options extends { readonly help?: boolean | undefined }> {
  readonly usage: string
  /** Reads the arguments; throws where they are none of its own. */
  readonly read: () => Options
  readonly main: (options: Options) => Promise<void>
}

/** Runs a program: prints its usage where it is asked for or not understood (exit code 2), and why it failed (1). */
export async function runProgram<Options extends { readonly help?: boolean | undefined }>({
  usage,
  read,
  main,
}: Program<Options>): Promise<void> {
  const options = understood(read, usage)
  if (options.help) {
    process.stdout.write(usage)
    return
  }
  try {
    await main(options)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  }
}

/** A port as an option gives it. */
export function portOf(option: string, text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65536) return port
  throw new TypeError(`${option} wants a port from 1 to 65535, not ${text}`)
}

function understood<Options>(read: () => Options, usage: string): Options {
  try {
    return read()
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}
