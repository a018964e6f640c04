// dns-packet carries no types of its own. Declared here is the part that we use: codecs of one record's rdata, which
// stands behind its two octets of RDLENGTH. Their own checks are few: give them only what was checked before.
declare module 'dns-packet' {
  interface RdataCodec<In, Out = In> {
    /** RDLENGTH and rdata in a buffer of their own. */
    encode(value: In): Buffer
    /** Reads from RDLENGTH on; checks no bounds. */
    decode(rdata: Buffer): Out
  }
  const codecs: {
    readonly a: RdataCodec<string>
    readonly aaaa: RdataCodec<string>
    readonly txt: RdataCodec<Buffer[]>
  }
  export default codecs
}
