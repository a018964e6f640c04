import { BindyError } from './errors.ts'
import { parseKeyStatement, type TsigKey, tsigKey } from './key.ts'

/**
 * The key in the data of a Secret, each field in base64: `key-name`, `algorithm` and `secret`, or one `rndc.key` in the
 * syntax of named.conf.
 *
 * @throws BindyError (SecretInvalid, KeyInvalid) that never holds the secret
 */
export function keyOfSecret(data: Readonly<Record<string, string>>): TsigKey {
  const text = (field: string) =>
    Buffer.from(data[field] ?? '', 'base64')
      .toString('utf8')
      .trim()
  if (data['rndc.key'] !== undefined) return parseKeyStatement(text('rndc.key'))
  const missing = ['key-name', 'algorithm', 'secret'].filter(field => data[field] === undefined)
  if (missing.length > 0) {
    throw new BindyError(`it lacks ${missing.join(', ')} (or one rndc.key in named.conf's syntax)`, {
      reason: 'SecretInvalid',
    })
  }
  return tsigKey({ name: text('key-name'), algorithm: text('algorithm'), secret: text('secret') })
}
