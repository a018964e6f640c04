import { readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import type { Include } from '#crds'
import { EXIT, Failure } from '../failure.ts'

const MAX_OCTETS = 256 * 1024 * 1024

/** The text of a zone file. @throws Failure where there is none */
export function readZoneFile(file: string): string {
  try {
    return textOf(file)
  } catch (error) {
    throw new Failure(`Cannot read ${file}: ${(error as Error).message}`, { exit: EXIT.unknown, cause: error })
  }
}

/** The text of octets that came by a pipe. @throws Failure where they are no UTF-8 */
export function textOfInput(octets: Uint8Array): string {
  try {
    return utf8.decode(octets)
  } catch (error) {
    throw new Failure('Cannot read standard input: it is not UTF-8', { exit: EXIT.rejected, cause: error })
  }
}

/** Files that $INCLUDE may name: those in the zone file's own directory and below, wherever links lead. */
export function includesBeside(file: string): Include {
  const root = realpathSync(dirname(resolve(file)))
  return (name, from) => {
    const path = resolve(dirname(resolve(from)), name)
    try {
      const real = realpathSync(path)
      if (!isWithin(real, root)) return `${JSON.stringify(name)} lies outside ${root}: only files in it can be included`
      return { file: relative(process.cwd(), path) || path, text: textOf(real) }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      return `${JSON.stringify(name)} cannot be read: ${code === 'ENOENT' ? 'there is no such file' : message}`
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function textOf(file: string): string {
  const { size } = statSync(file)
  if (!statSync(file).isFile()) throw new Error('it is no file')
  if (size > MAX_OCTETS) throw new Error(`it has ${size} octets, ${MAX_OCTETS} are read`)
  const octets = readFileSync(file)
  try {
    return utf8.decode(octets)
  } catch {
    throw new Error('it is not UTF-8')
  }
}

function isWithin(path: string, root: string): boolean {
  const way = relative(root, path)
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`)
}
