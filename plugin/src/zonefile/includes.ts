import { constants, openSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { Socket } from 'node:net'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { type Include, textOfOctets } from '#crds'
import { EXIT, Failure } from '../failure.ts'

const MAX_OCTETS = 256 * 1024 * 1024

/** The text of a zone file, or of what a pipe gives; the signal ends the wait for more of it. @throws Failure for neither */
export async function readZoneFile(file: string, signal: AbortSignal): Promise<string> {
  try {
    return statSync(file).isFIFO() ? textOfOctets(await octetsOfPipe(file, signal)) : textOf(file)
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

// As `-f <(command)` names one. It is not opened to block: a read that waits for its writer would hear no Ctrl-C.
async function octetsOfPipe(file: string, signal: AbortSignal): Promise<Buffer> {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of new Socket({ fd, readable: true, writable: false, signal })) {
    size += chunk.length
    if (size > MAX_OCTETS) throw new Error(`it has more octets than the ${MAX_OCTETS} that are read`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function isWithin(path: string, root: string): boolean {
  const way = relative(root, path)
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`)
}
