import Version from './commands/version.ts'

/** Every command by its id: its words with colons between. */
export const commands = {
  version: Version,
}
