import { type CompressedPart, compressedRdata } from './layout.ts'
import type { DecodedMessage, Message, Question, ResourceRecord } from './protocol.ts'
import { MessageError, WireReader } from './reader.ts'
import { MAX_MESSAGE, MessageWriter, messageTooBig, type Section } from './writer.ts'

/**
 * The octets of a message, owner names compressed.
 *
 * @throws MessageError (reason MessageTooBig) beyond `limit` octets, NameError on an owner that is no name.
 */
export function encodeMessage(message: Message, options: { limit?: number } = {}): Buffer {
  const limit = options.limit ?? MAX_MESSAGE
  const writer = new MessageWriter(message, limit)
  const records = [message.answers, message.authorities, message.additionals]
  let fits = message.questions.every(question => writer.question(question))
  records.forEach((section, i) => {
    fits &&= section.every(record => writer.record((i + 1) as Section, record))
  })
  const bytes = writer.finish()
  if (!fits) throw messageTooBig(limit, records.flat().length)
  return bytes
}

/**
 * Reads a whole message; bounded by its octets in time and memory, whatever they say.
 *
 * @throws MessageError that says what was wanted where.
 */
export function decodeMessage(bytes: Uint8Array): DecodedMessage {
  // RFC 1035 section 4.1.1: id, flags, QDCOUNT, ANCOUNT, NSCOUNT, ARCOUNT
  const reader = new WireReader(bytes)
  const id = reader.u16('message id')
  const flags = reader.u16('flags')
  const counts = [0, 1, 2, 3].map(() => reader.u16('section count')) as [number, number, number, number]
  checkCounts(counts, reader.left)
  const questions = readMany(counts[0], () => readQuestion(reader))
  let lastRecordAt = reader.at
  const [answers, authorities, additionals] = counts.slice(1).map(count =>
    readMany(count, () => {
      lastRecordAt = reader.at
      return readRecord(reader)
    }),
  ) as [ResourceRecord[], ResourceRecord[], ResourceRecord[]]
  reader.end('message')
  return { id, flags, questions, answers, authorities, additionals, bytes: reader.bytes, lastRecordAt }
}

// The shortest question has 5 octets, the shortest record 11: a root name, and no rdata.
function checkCounts([questions, ...records]: readonly number[], left: number): void {
  const least = 5 * (questions as number) + 11 * records.reduce((sum, count) => sum + count, 0)
  if (least > left)
    throw new MessageError(`Cannot read message: its counts want ${least} octets or more, ${left} are there`)
}

function readMany<T>(count: number, read: () => T): T[] {
  const items: T[] = []
  for (let i = 0; i < count; i++) items.push(read())
  return items
}

function readQuestion(reader: WireReader): Question {
  return { name: reader.name('question'), type: reader.u16('question type'), class: reader.u16('question class') }
}

function readRecord(reader: WireReader): ResourceRecord {
  const name = reader.name('owner name')
  const fixed = reader.take(10, 'record')
  const { bytes } = reader
  const type = bytes.readUInt16BE(fixed)
  const recordClass = bytes.readUInt16BE(fixed + 2)
  const ttl = bytes.readUInt32BE(fixed + 4)
  const length = bytes.readUInt16BE(fixed + 8)
  const parts = length === 0 ? undefined : compressedRdata.get(type)
  const rdata = parts ? readParts(reader, parts, length) : reader.octets(length, 'rdata')
  return { name, type, class: recordClass, ttl, rdata }
}

// Names of an rdata have 255 octets each at most, two names the longest layout; the rest is what the rdata had.
const scratch = Buffer.allocUnsafeSlow(65_535 + 2 * 255)

function readParts(reader: WireReader, parts: readonly CompressedPart[], length: number): Buffer {
  const end = reader.at + length
  if (end > reader.bytes.length) reader.take(length, 'rdata')
  let put = 0
  for (const part of parts) {
    if (part === 'name') {
      put = reader.copyName(scratch, put, end, 'rdata')
      continue
    }
    const octets = part === 'rest' ? end - reader.at : part === 'string' ? lengthOfString(reader, end) : part
    if (reader.at + octets > end)
      throw new MessageError(
        `Cannot read rdata at offset ${reader.at}: ${octets} octets wanted, ${end - reader.at} left`,
      )
    put += reader.octets(octets, 'rdata').copy(scratch, put)
  }
  if (reader.at !== end)
    throw new MessageError(`Cannot read rdata at offset ${reader.at}: ${end - reader.at} octets after its last field`)
  return Buffer.from(scratch.subarray(0, put))
}

function lengthOfString(reader: WireReader, end: number): number {
  return reader.at < end ? 1 + (reader.bytes[reader.at] as number) : 1
}
