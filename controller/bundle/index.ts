export { lean, unused } from './lean.ts'
export { bundleProgram, form } from './program.ts'
