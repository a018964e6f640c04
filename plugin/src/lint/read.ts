import { isUtf8 } from 'node:buffer'
import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type ScalarTag,
  type Tags,
} from 'yaml'
import { EXIT, Failure } from '../failure.ts'
import { readInput } from '../input.ts'

/** An object of a file, and where in it its fields stand. */
export interface ReadObject {
  readonly file: string
  readonly object: unknown
  /** The line of a field, such as "spec.text[2]", or of the nearest one above it; from 1. */
  readonly lineOf: (field: string) => number
  /** From where to where in the file the text of a field stands, in one piece that stands for it alone. */
  readonly rangeOf: (field: string) => readonly [start: number, end: number] | undefined
}

/** What is no YAML, or no text at all. */
export interface SyntaxFault {
  readonly file: string
  readonly line: number
  readonly message: string
}

export interface ReadFiles {
  readonly objects: readonly ReadObject[]
  readonly faults: readonly SyntaxFault[]
  /** Contents by file, of those that are text. */
  readonly texts: ReadonlyMap<string, string>
}

/** Reads files and folders of YAML or JSON, "-" for standard input. @throws Failure for what is not there */
export async function readFiles(names: readonly string[], signal: AbortSignal): Promise<ReadFiles> {
  const files = (await Promise.all(names.map(filesOf))).flat()
  const read = await Promise.all(files.map(async file => readOctets(file, await contentOf(file, signal))))
  return joined(read)
}

/** The objects of texts by their files. */
export function readTexts(texts: ReadonlyMap<string, string>): ReadFiles {
  return joined(Array.from(texts, ([file, text]) => readText(file, text)))
}

// Octets that are no UTF-8 would be lost in a text.
function readOctets(file: string, content: Buffer): ReadFiles {
  if (isUtf8(content)) return readText(file, content.toString('utf8'))
  return { objects: [], faults: [{ file, line: lineOfFault(content), message: 'is not UTF-8' }], texts: new Map() }
}

// No octet of a longer character is a line break.
function lineOfFault(content: Buffer): number {
  for (let line = 1, start = 0; ; line++) {
    const end = content.indexOf('\n', start)
    if (end < 0 || !isUtf8(content.subarray(start, end))) return line
    start = end + 1
  }
}

/** The objects in a text, those of a List one by one. */
export function readText(file: string, content: string): ReadFiles {
  const lines = new LineCounter()
  const reading = { version: '1.1', customTags: tagsOfKubectl, lineCounter: lines, prettyErrors: false } as const
  const documents = parseAllDocuments(content, reading)
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line)
  const read = Array.from(documents, document => readDocument(document, file, lineAt))
  return {
    objects: read.flatMap(({ objects }) => objects),
    faults: read.flatMap(({ faults }) => faults),
    texts: new Map([[file, content]]),
  }
}

// kubectl reads YAML 1.1, but for its times, and numbers as Go has them: 017, 0o17, 0X1F, 1_000.
function tagsOfKubectl(tags: Tags): Tags {
  return [goNumber, ...tags.filter(tag => typeof tag === 'string' || !/:(int|float|timestamp)$/.test(tag.tag))]
}

const goNumber: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  test: /^[-+.\d][\w.+-]*$/,
  resolve: text => {
    const [, sign, digits = ''] = /^([-+]?)([.\d].*)$/.exec(text.replaceAll('_', '')) ?? []
    const value = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits)
    return digits === '' || !Number.isFinite(value) ? text : sign === '-' ? -value : value
  },
}

function joined(read: readonly ReadFiles[]): ReadFiles {
  return {
    objects: read.flatMap(({ objects }) => objects),
    faults: read.flatMap(({ faults }) => faults),
    texts: new Map(read.flatMap(({ texts }) => [...texts])),
  }
}

function readDocument(document: Document, file: string, lineAt: (offset: number) => number): Omit<ReadFiles, 'texts'> {
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
    lineOf: field => lineAt(nodeAt(node, field).node.range?.[0] ?? 0),
    rangeOf: field => rangeOf(node, field),
  }))
}

interface Place {
  readonly node: Node
  /** Whether it is the field's own. */
  readonly isWhole: boolean
  /** Whether it, or what it lies in, has an anchor: it may stand in other places too. */
  readonly isShared: boolean
}

/** The node of a field, or of the nearest one above it that there is. */
function nodeAt(root: Node, field: string): Place {
  let node = root
  let isShared = root.anchor !== undefined
  for (const part of field.split(/[.[\]]+/).filter(part => part !== '')) {
    const key = isSeq(node) ? Number(part) : part
    const next = isMap(node) || isSeq(node) ? node.get(key, true) : undefined
    if (!isNode(next)) return { node, isWhole: false, isShared }
    node = next
    isShared ||= 'anchor' in node && node.anchor !== undefined
  }
  return { node, isWhole: true, isShared }
}

// A text in a block has more lines than its own.
function rangeOf(root: Node, field: string): readonly [number, number] | undefined {
  const { node, isWhole, isShared } = nodeAt(root, field)
  if (!isWhole || isShared || !isScalar(node) || !node.range) return undefined
  const isInline = node.type === 'PLAIN' || node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE'
  return isInline ? [node.range[0], node.range[1]] : undefined
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

async function contentOf(file: string, signal: AbortSignal): Promise<Buffer> {
  if (file === '-') return readInput(signal)
  return readFile(file).catch(cannotRead(file))
}

function cannotRead(name: string) {
  return (error: Error): never => {
    throw new Failure(`Cannot read ${name}: ${error.message}`, { exit: EXIT.unknown, cause: error })
  }
}
