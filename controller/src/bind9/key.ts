import { createSecretKey, type KeyObject } from 'node:crypto'
import { inspect } from 'node:util'
import { BindyError } from './errors.ts'
import { type Clause, parseClauses } from './rndc/clause.ts'

/** The algorithms Bindy signs with. BIND 9.18 still takes hmac-md5; we do not. */
export const tsigAlgorithms = ['hmac-sha1', 'hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const
export type TsigAlgorithm = (typeof tsigAlgorithms)[number]

/** Of a secret: what tsig-keygen makes has as many as its hash. */
const LEAST_BITS = 128

/** A shared secret of named and us, for TSIG and for the control channel. It prints as `name (algorithm)`. */
export interface TsigKey {
  /** The key's domain name, in lower case and without the trailing dot. */
  readonly name: string
  readonly algorithm: TsigAlgorithm
  readonly secret: KeyObject
}

/** A key cannot be made of what was given. The message never holds the secret. */
export class KeyError extends BindyError {
  // A corrected Secret is no new generation of the object that names it: hence back-off and not `never`.
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { reason: 'KeyInvalid', ...options })
  }
}

/** A key of a name (any case, trailing dot or not), an algorithm and a secret in base64, as BIND writes them. */
export function tsigKey(parts: { name: string; algorithm: string; secret: string }): TsigKey {
  const name = keyName(parts.name)
  return new Key(name, keyAlgorithm(parts.algorithm, name), keySecret(parts.secret, name))
}

/**
 * The one key of `key "name" { algorithm hmac-sha256; secret "base64"; };` with comments and white space as named
 * allows them.
 *
 * @throws KeyError that says what is missing or more than once.
 */
export function parseKeyStatement(text: string): TsigKey {
  const [statement, ...more] = readClauses(text)
  if (!statement) throw new KeyError('Cannot read a key: the text holds no key statement')
  if (more.length > 0) throw new KeyError(`Cannot read a key: ${more.length + 1} statements stand where one key should`)
  const [keyword, name, block] = statement
  if (keyword !== 'key' || typeof name !== 'string' || typeof block !== 'object' || statement.length !== 3)
    throw new KeyError('Cannot read a key: the statement should be key "name" { algorithm ...; secret "..."; };')
  return tsigKey({ name, algorithm: onlyValue(block, 'algorithm', name), secret: onlyValue(block, 'secret', name) })
}

/**
 * The canonical form of a key's name: lower case, no trailing dot. Labels hold letters, digits, `-` and `_`, which is
 * what may stand in named.conf without a thought about escapes.
 */
export function keyName(text: string): string {
  const name = text.toLowerCase().replace(/\.$/, '')
  const labels = name.split('.')
  if (name.length > 253 || !labels.every(label => /^[a-z0-9_-]{1,63}$/.test(label)))
    // Without the text: where two fields of a Secret are swapped it is the secret.
    throw new KeyError(
      `Cannot use a text of ${text.length} characters as the name of a key: labels of 1 to 63 letters, digits, "-" and "_" are wanted, 253 characters in all`,
    )
  return name
}

/** Why a key is a weak one, where it is (RFC 8945 sections 6 and 8). */
export function weaknessOf({ algorithm, secret }: TsigKey): string | undefined {
  if (algorithm === 'hmac-sha1') return 'SHA-1 is not recommended'
  const bits = 8 * (secret.symmetricKeySize ?? 0)
  return bits < LEAST_BITS ? `its secret has ${bits} bits` : undefined
}

class Key implements TsigKey {
  readonly name: string
  readonly algorithm: TsigAlgorithm
  readonly secret: KeyObject

  constructor(name: string, algorithm: TsigAlgorithm, secret: KeyObject) {
    this.name = name
    this.algorithm = algorithm
    this.secret = secret
    Object.freeze(this)
  }

  toString(): string {
    return `${this.name} (${this.algorithm})`
  }

  toJSON(): string {
    return this.toString()
  }

  [inspect.custom](): string {
    return this.toString()
  }
}

function keyAlgorithm(text: string, name: string): TsigAlgorithm {
  const wanted = text.trim().toLowerCase().replace(/\.$/, '')
  const algorithm = tsigAlgorithms.find(known => known === wanted)
  if (algorithm) return algorithm
  const why = wanted.startsWith('hmac-md5') ? 'MD5 is too weak' : `known are ${tsigAlgorithms.join(', ')}`
  const said = /^[a-z0-9-]{1,20}$/.test(wanted)
    ? `algorithm ${wanted}`
    : `a text of ${text.length} characters as algorithm`
  throw new KeyError(`Cannot use ${said} for key "${name}": ${why}`)
}

function keySecret(base64: string, name: string): KeyObject {
  const packed = base64.replace(/\s+/g, '')
  const octets = Buffer.from(packed, 'base64')
  // Buffer.from skips what it does not know; writing the octets again shows whether it did.
  if (octets.length === 0 || octets.toString('base64').replace(/=+$/, '') !== packed.replace(/=+$/, ''))
    throw new KeyError(`Cannot use the secret of key "${name}": it is ${packed === '' ? 'empty' : 'not base64'}`)
  return createSecretKey(octets)
}

function readClauses(text: string): readonly Clause[] {
  try {
    return parseClauses(text)
  } catch (cause) {
    throw new KeyError('Cannot read a key: the text is not in the syntax of named.conf', { cause })
  }
}

function onlyValue(block: readonly Clause[], keyword: string, name: string): string {
  const found = block.filter(clause => clause[0] === keyword)
  const value = found[0]?.[1]
  if (found.length !== 1 || found[0]?.length !== 2 || typeof value !== 'string')
    throw new KeyError(`Cannot read key ${JSON.stringify(name)}: one "${keyword}" is wanted, ${found.length} found`)
  return value
}
