/** Where something stands in a zone file; line and column count from 1. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** What cannot be read in a zone file, where it stands, and what is wanted there. */
export interface ZoneFileFault extends Place {
  readonly message: string
}

/** What a reader of one entry throws; the parser makes a ZoneFileFault of it and goes on with the next entry. */
export class Misread extends Error {
  readonly place: Place

  constructor(place: Place, message: string) {
    super(message)
    this.place = place
  }
}

/** A fault as compilers print it: "file:line:column: message". */
export function printFault({ file, line, column, message }: ZoneFileFault): string {
  return `${file}:${line}:${column}: ${message}`
}
