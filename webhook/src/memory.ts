import { setFlagsFromString } from 'node:v8'

// Imported before all else: reviews leave much garbage and keep nothing.
setFlagsFromString('--optimize-for-size')
