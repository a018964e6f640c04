import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { disappearing } from './directory.ts'
import { lock } from './lock.mjs'

/** Where finished parts are kept, for all checkouts of this user: `$XDG_CACHE_HOME/bindy`. */
export const cacheDirectory = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'bindy')

/**
 * Answers with the cache's directory `name`, which `make` fills when it is not there yet.
 *
 * It is made beside its place and renamed: what is in place is whole. One process at a time makes it, others wait.
 */
export async function cached(name: string, make: (directory: string) => Promise<void>): Promise<string> {
  const place = join(cacheDirectory(), name)
  if (existsSync(place)) return place
  const release = await lock(place, { onWait: () => process.stderr.write(`${name}: another process is making it\n`) })
  try {
    if (!existsSync(place)) await makeBeside(place, make)
  } finally {
    release()
  }
  return place
}

async function makeBeside(place: string, make: (directory: string) => Promise<void>): Promise<void> {
  const prefix = `${basename(place)}.unfinished-`
  const beside = disappearing(join(dirname(place), `${prefix}${process.pid}`))
  try {
    // We hold the lock, so any other unfinished one is the rest of a machine that lost its power.
    for (const entry of readdirSync(dirname(place)))
      if (entry.startsWith(prefix) && entry !== basename(beside.path))
        rmSync(join(dirname(place), entry), { recursive: true, force: true })
    await make(beside.path)
    renameSync(beside.path, place)
  } finally {
    await beside.remove()
  }
}
