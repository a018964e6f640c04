/** How deep to look: at the object alone, at DNS too, at the control channel too. */
export interface Depth {
  readonly live: boolean
  readonly rndc: boolean
}

/** What came of asking servers. */
export interface Got {
  /** How many servers there were to ask, and how many of them answered. */
  readonly servers: number
  readonly answered: number
  /** What they answered: "SOA over DNS". */
  readonly what: readonly string[]
}

/** The line that says whose word a screen is. */
export function printLevel({ live, rndc }: Depth, { servers, answered, what }: Got, offers: string): string {
  if (!live && !rndc) return `Level: what the objects say (${offers})`
  if (servers === 0) return 'Level: what the objects say, since there was no server to ask'
  if (answered === 0) return 'Level: what the objects say, since no server answered'
  return `Level: live (${what.join('; ')})${answered < servers ? ` from ${answered} of ${servers} servers` : ''}.`
}
