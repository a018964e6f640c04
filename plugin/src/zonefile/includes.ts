import { readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { type Include, textOfOctets } from '#crds'
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

function textOf(file: string): string {
  const { size } = statSync(file)
  if (!statSync(file).isFile()) throw new Error('it is no file')
  if (size > MAX_OCTETS) throw new Error(`it has ${size} octets, ${MAX_OCTETS} are read`)
  return textOfOctets(readFileSync(file))
}

function isWithin(path: string, root: string): boolean {
  const way = relative(root, path)
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`)
}
