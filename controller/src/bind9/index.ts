export type { CallOptions } from './channel.ts'
export {
  KeyError,
  parseKeyStatement,
  type TsigAlgorithm,
  type TsigKey,
  tsigAlgorithms,
  tsigKey,
  weaknessOf,
} from './key.ts'
export { bytesOf, octetsOf } from './octets.ts'
export { CLASS, RCODE, type ResourceRecord, rcodeName, TYPE } from './protocol.ts'
export { type Answer, query, querySoa } from './query.ts'
export { RcodeError } from './rcode.ts'
export { decodeRdata, encodeRdata, RdataError } from './rdata.ts'
export { MessageError } from './reader.ts'
export {
  type LoadedZone,
  type Remote,
  RndcClient,
  RndcRefusedError,
  type ServerStatus,
  type ShownZone,
  sameStatement,
  ZoneExistsError,
  ZoneLoadError,
  ZoneNotShownError,
  type ZoneStatement,
  type ZoneStatus,
} from './rndc/index.ts'
export { keyOfSecret } from './secret.ts'
export { type Seed, type Seeder, startSeeder } from './seeder.ts'
export { DnsServer } from './server.ts'
export { decodeSoa, encodeSoa, type Soa, serialIncrement } from './soa.ts'
export { axfr, type Delta, ixfr, type ZoneChanges, type ZoneCopy } from './transfer.ts'
export { type Change, UPDATE_BATCH, UpdateError, update } from './update.ts'
