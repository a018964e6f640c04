import { setFlagsFromString } from 'node:v8'

// Imported before all else: reviews leave much garbage and keep nothing, and V8's own settings let it pile up.
setFlagsFromString('--optimize-for-size')
setFlagsFromString('--max-semi-space-size=1')
