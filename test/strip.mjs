import { createHash } from 'node:crypto'
import { stripTypeScriptTypes } from 'node:module'

// The jest transformer: Node's own type stripping keeps every line where it was.
export default {
  getCacheKey: (source, path) =>
    createHash('sha256')
      .update(source + path + process.version)
      .digest('hex'),
  process: source => ({ code: stripTypeScriptTypes(source) }),
}
