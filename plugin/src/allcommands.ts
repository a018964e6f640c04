import { commands as loaders } from './commands.ts'

const loaded = Object.entries(loaders).map(async ([id, load]) => [id, (await load()).default] as const)

/** All commands, loaded: what oclif makes their help of. */
export const commands = Object.fromEntries(await Promise.all(loaded))
