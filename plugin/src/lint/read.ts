import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Document, isMap, isNode, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml'
import { EXIT, Failure } from '../failure.ts'

/** An object of a file, and where in it its fields stand. */
export interface ReadObject {
  readonly file: string
  readonly object: unknown
  /** The line of a field, such as "spec.text[2]", or of the nearest one above it; from 1. */
  readonly lineOf: (field: string) => number
}

/** What is no YAML. */
export interface SyntaxFault {
  readonly file: string
  readonly line: number
  readonly message: string
}

export interface ReadFiles {
  readonly objects: readonly ReadObject[]
  readonly faults: readonly SyntaxFault[]
}

/** Reads files and folders of YAML or JSON, "-" for standard input. @throws Failure for what is not there */
export async function readFiles(names: readonly string[]): Promise<ReadFiles> {
  const files = (await Promise.all(names.map(filesOf))).flat()
  const read = await Promise.all(files.map(async file => readText(file, await contentOf(file))))
  return { objects: read.flatMap(({ objects }) => objects), faults: read.flatMap(({ faults }) => faults) }
}

/** The objects in a text, those of a List one by one. */
export function readText(file: string, content: string): ReadFiles {
  const lines = new LineCounter()
  const documents = parseAllDocuments(content, { lineCounter: lines, prettyErrors: false })
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line)
  const read = Array.from(documents, document => readDocument(document, file, lineAt))
  return { objects: read.flatMap(({ objects }) => objects), faults: read.flatMap(({ faults }) => faults) }
}

function readDocument(document: Document, file: string, lineAt: (offset: number) => number): ReadFiles {
  const faults = document.errors.map(({ message, pos }) => ({
    file,
    line: lineAt(pos[0]),
    message: message.split('\n')[0] ?? message,
  }))
  if (faults.length > 0) return { objects: [], faults }
  try {
    return { objects: objectsOf(document, file, lineAt), faults }
  } catch (error) {
    // Aliases that would unfold without end.
    return {
      objects: [],
      faults: [{ file, line: lineAt(document.range?.[0] ?? 0), message: (error as Error).message }],
    }
  }
}

function objectsOf(document: Document, file: string, lineAt: (offset: number) => number): ReadObject[] {
  const root = document.contents
  const items = isMap(root) && document.get('kind') === 'List' ? root.get('items', true) : undefined
  const nodes = isSeq(items) ? items.items.filter(isNode) : isNode(root) ? [root] : []
  return nodes.map(node => ({
    file,
    object: node.toJS(document),
    lineOf: field => lineAt(nodeAt(node, field).range?.[0] ?? 0),
  }))
}

function nodeAt(node: Node, field: string): Node {
  let at = node
  for (const part of field.split(/[.[\]]+/).filter(part => part !== '')) {
    const key = isSeq(at) ? Number(part) : part
    const next = isMap(at) || isSeq(at) ? at.get(key, true) : undefined
    if (!isNode(next)) return at
    at = next
  }
  return at
}

async function filesOf(name: string): Promise<string[]> {
  if (name === '-') return [name]
  const found = await stat(name).catch(cannotRead(name))
  if (!found.isDirectory()) return [name]
  const entries = await readdir(name, { recursive: true })
  return entries
    .filter(entry => ['.yaml', '.yml', '.json'].includes(extname(entry)))
    .sort()
    .map(entry => join(name, entry))
}

function contentOf(file: string): Promise<string> {
  return file === '-' ? text(process.stdin) : readFile(file, 'utf8').catch(cannotRead(file))
}

function cannotRead(name: string) {
  return (error: Error): never => {
    throw new Failure(`Cannot read ${name}: ${error.message}`, { exit: EXIT.unknown, cause: error })
  }
}
