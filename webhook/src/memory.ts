import { setFlagsFromString } from 'node:v8'

/*
 * Imported before all else. What V8's best compilers take while they work stays with the process, some 60 MB, and they
 * are not needed: a review is short work, for which the second best is as good.
 */

// Reviews leave much garbage and keep nothing.
setFlagsFromString('--optimize-for-size')
setFlagsFromString('--no-turbofan')
// undici's parser is WebAssembly, of which one large function would be compiled again while the first list is read.
setFlagsFromString('--no-wasm-dynamic-tiering')
setFlagsFromString('--no-wasm-tier-up')
