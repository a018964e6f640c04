import type { CheckResult } from './check/finding.ts'
import type { Verdict } from './condition.ts'
import type { DiffLine } from './diff/print.ts'
import type { GraphNode } from './graph.ts'
import type { LintFinding } from './lint/lint.ts'
import { DATA_VERSION } from './name.ts'
import type { Comparison } from './query/compare.ts'
import type { Reading } from './reading.ts'
import type { Holder, Registration } from './status/controlplane.ts'
import type { Glance } from './status/glance.ts'
import type { Step } from './status/pipeline.ts'
import type { ServerReport } from './status/zonereport.ts'
import type { Phase } from './zone/health.ts'

/*
 * What -o json and -o yaml print where it is no object of the API server. The published schema is made of these types:
 * `npm run generate`.
 */

/**
 * What kubectl bindy prints with -o json and -o yaml, where it is no object of the API server.
 *
 * @discriminator kind
 */
export type Envelope =
  | CheckEnvelope
  | GraphEnvelope
  | HistoryEnvelope
  | LintEnvelope
  | QueryEnvelope
  | StatusEnvelope
  | VersionEnvelope
  | ZoneActionEnvelope
  | ZoneDiffEnvelope
  | ZoneStatusEnvelope

type Data<Kind extends Envelope['kind']> = Omit<Extract<Envelope, { readonly kind: Kind }>, 'apiVersion' | 'kind'>

/** Puts a head before data: its version and what it is. */
export function envelope<Kind extends Envelope['kind']>(kind: Kind, data: Data<Kind>): object {
  return { apiVersion: DATA_VERSION, kind, ...data }
}

/** `kubectl bindy check` */
export interface CheckEnvelope {
  readonly apiVersion: typeof DATA_VERSION
  readonly kind: 'Check'
  readonly results: readonly CheckResult[]
}

/** `kubectl bindy graph` */
export interface GraphEnvelope {
  readonly apiVersion: typeof DATA_VERSION
  readonly kind: 'Graph'
  /** The roots. */
  readonly nodes: readonly GraphNode[]
  /** Rights that were missing, such as "list arecords". */
  readonly needs: readonly string[]
}

/** `kubectl bindy history` */
export interface HistoryEnvelope {
  readonly apiVersion: typeof DATA_VERSION
  readonly kind: 'History'
  readonly zone: string
  /** As of now; absent while no primary serves the zone. */
  readonly serial?: number | undefined
  /** Serials that a primary was seen serving, the newest first. */
  readonly serials: readonly SerialSeen[]
  /** The newest first. */
  readonly events: readonly HistoryEvent[]
  /** Rights that were missing: "list events". */
  readonly needs: readonly string[]
}

export interface SerialSeen {
  readonly serial: number
  /** When it was first seen. */
  readonly time: string
}

export interface HistoryEvent {
  readonly time: string
  /** What the zone had then. */
  readonly serial?: number | undefined
  /** Normal or Warning. */
  readonly type?: string | undefined
  readonly reason?: string | undefined
  readonly note?: string | undefined
  readonly count: number
}

/** `kubectl bindy lint` */
export interface LintEnvelope {
  readonly apiVersion: typeof DATA_VERSION
  readonly kind: 'Lint'
  readonly findings: readonly LintFinding[]
  /** Objects of Bindy that were looked at. */
  readonly checked: number
}

/** `kubectl bindy query` */
export interface QueryEnvelope extends Comparison {
  readonly apiVersion: typeof DATA_VERSION
  readonly kind: 'Query'
  /** The owner name that was asked for. */
  readonly name: string
  readonly zone: string
}

/** `kubectl bindy status` */
export interface StatusEnvelope extends Omit<Glance, 'controlPlane'> {
  readonly apiVersion: typeof DATA_VERSION
  readonly kind: 'Status'
  readonly controlPlane: {
    /** Who holds the controller's Lease. */
    readonly controller: Reading<Holder | undefined>
    readonly webhook: Reading<Registration | undefined>
  }
}

/** `kubectl bindy version` */
export interface VersionEnvelope {
  readonly apiVersion: typeof DATA_VERSION
  readonly kind: 'Version'
  /** Of the plugin. */
  readonly client: string
  /** Of the objects that it knows. */
  readonly api: string
  /** Of the API server; absent with --client. */
  readonly kubernetes?: string
}

/** `kubectl bindy zone freeze`, `notify`, `reload`, `retransfer` and `thaw` */
export interface ZoneActionEnvelope {
  readonly apiVersion: typeof DATA_VERSION
  readonly kind: 'ZoneAction'
  /** As rndc has it. */
  readonly verb: string
  readonly zone: string
  readonly object: ZoneObject
  readonly servers: readonly ActionReport[]
}

/** What one server did, or why not. */
export type ActionReport = { readonly instance: string } & (
  | { readonly isDone: true; readonly way: string }
  | { readonly isDone: false; readonly fault: string; readonly reason: string; readonly needs?: string }
)

/** `kubectl bindy diff` */
export interface ZoneDiffEnvelope {
  readonly apiVersion: typeof DATA_VERSION
  readonly kind: 'ZoneDiff'
  readonly items: readonly DiffReport[]
}

/** What one server has of a zone, or a file. */
export interface DiffReport {
  readonly zone: string
  readonly server: string
  readonly serial: number | undefined
  readonly lines: readonly DiffLine[]
  /** Records that are left to others. */
  readonly others: number
  /** Why it could not be asked. */
  readonly fault: string | undefined
}

/** `kubectl bindy status zone` */
export interface ZoneStatusEnvelope {
  readonly apiVersion: typeof DATA_VERSION
  readonly kind: 'ZoneStatus'
  readonly zone: string
  readonly object: ZoneObject
  readonly phase: Phase
  readonly ready: Verdict
  /** What the primaries serve. */
  readonly serial?: number | undefined
  /** Its way to the servers. */
  readonly steps: readonly Step[]
  readonly servers: readonly ServerReport[]
  readonly records: {
    readonly objects: number
    /** "ARecord/www" */
    readonly unserved: readonly string[]
  }
  /** Rights that were missing, such as "list arecords". */
  readonly needs: readonly string[]
}

/** The DNSZone. */
export interface ZoneObject {
  readonly namespace: string
  readonly name: string
}
