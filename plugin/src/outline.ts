import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Outline } from './shape.ts'

export const OUTLINE_FILE = 'outline.json'

/** The outline that the build wrote beside the program, else one made of the source. */
export async function readOutline(entry: string): Promise<Outline> {
  const file = join(entry, '..', OUTLINE_FILE)
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Outline
  const { makeOutline } = await import('./makeoutline.ts')
  return makeOutline(entry)
}
