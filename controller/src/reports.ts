import {
  type Bind9Cluster,
  type Bind9Instance,
  type Condition,
  type ConditionedStatus,
  type DNSZone,
  isHeld,
  type KubeObject,
  keyOf,
  type Reason,
  type RecordObject,
  reasons,
  type ZoneStatus,
  zoneKey,
  zoneKind,
} from '#crds'
import { EventRecorder, type Happening, type KubeClient, type Log, StatusWriter, setCondition } from '#kube'
import { pathOf } from './objects.ts'
import type { RecordClaim } from './reconcile/zone/claims.ts'
import { atSerial } from './reconcile/zone/happening.ts'
import { type SerialHistory, withSerial } from './reconcile/zone/serialhistory.ts'
import { servedSerial, type ZoneView, zoneStatus } from './reconcile/zone/status.ts'
import type { Verdict } from './reconcile/zone/verdict.ts'

/** While many zones wait to be served, a status is written so often, in milliseconds: each takes time of all processes. */
const BUSY_INTERVAL_MS = 250
/** A busy zone's own status is written at most this often, in milliseconds. */
const ZONE_INTERVAL_MS = 1_000

/** The conditions that have Events. */
const TOLD = ['Ready', 'Paused']

/** What is said of a zone, and when it was last written. */
interface SaidOfZone {
  /** Of the object: another may come to have its name. */
  readonly uid: string
  lastMs: number
  timer?: NodeJS.Timeout | undefined
  view?: ZoneView
  /** The object shows it later. */
  history: SerialHistory
}

type Reported = Pick<KubeObject<unknown, ConditionedStatus>, 'apiVersion' | 'kind' | 'metadata'> & {
  readonly status?: ConditionedStatus | undefined
}

/** Of a zone with its serial. */
type ReportedStatus = ConditionedStatus & Pick<ZoneStatus, 'serial'>

export interface ReportsOptions {
  readonly client: KubeClient
  readonly log: Log
  readonly now: () => number
  /** This process, in its Events. */
  readonly identity: string
  /** Whether so much is to be done for DNS that telling of it should wait its turn. */
  readonly isBusy: () => boolean
  /** The latest copy of a zone's object. */
  readonly zone: (key: string) => DNSZone | undefined
}

/** What Bindy says in the objects: statuses where something turned, and an Event for each turn. */
export class Reports {
  readonly #options: ReportsOptions
  readonly #writer: StatusWriter<Reported>
  readonly #events: EventRecorder
  /** Apart from the others: a flood of them leaves the Events of zones and servers their rate. */
  readonly #recordEvents: EventRecorder
  /** By UID. */
  readonly #told = new Map<string, Map<string, string>>()
  /** What records were told that their objects do not show yet, by UID. */
  readonly #toldRecords = new Map<string, Said>()
  readonly #zones = new Map<string, SaidOfZone>()

  constructor(options: ReportsOptions) {
    this.#options = options
    const { client, log, now, identity } = options
    const intervalMs = () => (options.isBusy() ? BUSY_INTERVAL_MS : 0)
    this.#writer = new StatusWriter<Reported>({ client, pathOf, log, intervalMs })
    const events = { client, controller: 'bindy.firestoned.io/controller', instance: identity, log, now }
    this.#events = new EventRecorder(events)
    this.#recordEvents = new EventRecorder(events)
  }

  record({ object, owner, former }: RecordClaim, { ready, reason, message }: Verdict): void {
    const { generation } = object.metadata
    // What may still be served at the old place is found by this after a restart.
    const place = former ?? { zone: zoneKey(object.spec.zone), owner }
    const claim = {
      type: 'Ready',
      status: ready ? 'True' : 'False',
      reason,
      message,
      observedGeneration: generation,
    } as const
    const status = {
      observedGeneration: generation,
      ...(place.owner !== undefined && { ownerName: place.owner }),
      ...(place.owner !== undefined && isHeld(object) && { zoneName: place.zone }),
      conditions: setCondition(object.status?.conditions, claim, this.#options.now()),
    }
    this.#tellRecord(object, status)
    this.#writer.set(object, status)
  }

  /** Forgets a record that is gone. */
  forgetRecord({ metadata }: RecordObject): void {
    this.#toldRecords.delete(metadata.uid)
  }

  /**
   * At once where the zone was quiet, else with what is true a second after the last. That a server was not looked at yet
   * waits as long: mostly it is no longer so then.
   */
  zone(zone: DNSZone, view: ZoneView): void {
    const key = keyOf(zone)
    // What was seen of one that is gone is not said of the next of its name.
    if (this.#options.zone(key)?.metadata.uid !== zone.metadata.uid) return
    const nowMs = this.#options.now()
    const said = this.#saidOf(zone)
    said.view = view
    said.history = withSerial(said.history, servedSerial(view), nowMs)
    const isUnseen = view.servers.some(({ fault }) => fault?.reason === 'Pending')
    const waitMs = (isUnseen ? nowMs : said.lastMs) + ZONE_INTERVAL_MS - nowMs
    if (waitMs <= 0) this.#writeZone(key)
    else said.timer ??= setTimeout(() => this.#writeZone(key), waitMs)
  }

  /** Forgets a zone, a server or a cluster that is gone. */
  forget({ kind, metadata }: Reported): void {
    this.#told.delete(metadata.uid)
    if (kind === zoneKind.kind) this.#forgetZone(keyOf({ metadata }))
  }

  /** Records what happened to an object and leaves no trace in its status. */
  event(object: DNSZone, happening: Happening): void {
    this.#events.record(object, happening)
  }

  server(object: Bind9Instance | Bind9Cluster, status: ConditionedStatus): void {
    this.#write(object, status)
  }

  async stop(): Promise<void> {
    for (const { timer } of this.#zones.values()) clearTimeout(timer)
    await Promise.all([this.#writer.stop(), this.#events.stop(), this.#recordEvents.stop()])
  }

  #saidOf(zone: DNSZone): SaidOfZone {
    const key = keyOf(zone)
    const { uid } = zone.metadata
    const known = this.#zones.get(key)
    if (known?.uid === uid) return known
    this.#forgetZone(key)
    const said = { uid, lastMs: 0, history: zone.status?.history }
    this.#zones.set(key, said)
    return said
  }

  #forgetZone(key: string): void {
    clearTimeout(this.#zones.get(key)?.timer)
    this.#zones.delete(key)
  }

  #writeZone(key: string): void {
    const zone = this.#options.zone(key)
    const said = this.#zones.get(key)
    if (!said?.view || zone?.metadata.uid !== said.uid) {
      this.#forgetZone(key)
      return
    }
    clearTimeout(said.timer)
    said.timer = undefined
    said.lastMs = this.#options.now()
    this.#write(zone, zoneStatus(zone, said.view, said.lastMs, said.history))
  }

  #write(object: Reported, status: ReportedStatus): void {
    this.#tell(object, status)
    this.#writer.set(object, status)
  }

  // An Event where the reason or the sentence differs from what the object says already, once.
  #tell(object: Reported, status: ReportedStatus): void {
    const { uid } = object.metadata
    const told = this.#told.get(uid) ?? new Map<string, string>()
    this.#told.set(uid, told)
    for (const type of TOLD) {
      const [before, after] = [object.status, status].map(one => one?.conditions?.find(known => known.type === type))
      const said = after && `${after.reason}: ${after.message}`
      if (said === told.get(type)) continue
      if (said === undefined) told.delete(type)
      else told.set(type, said)
      const isNews = after && after.reason !== 'Pending' && said !== (before && `${before.reason}: ${before.message}`)
      if (isNews) this.#events.record(object, { ...happening(after), ...atSerial(status.serial) })
    }
  }

  // An Event where something of a record's own is to be told, and where it is served as it stands after that. Nearly all
  // are so at once, and cost no write but their status.
  #tellRecord(object: RecordObject, status: ConditionedStatus): void {
    const { uid } = object.metadata
    const shown = readyOf(object.status)
    const after = readyOf(status)
    if (!after) return
    const told = this.#toldRecords.get(uid)
    if (told && shown && isSame(told, shown)) this.#toldRecords.delete(uid)
    const before = told ?? shown
    const isNews = isRemark(after)
      ? !(before && isSame(before, after))
      : after.status === 'True' && before !== undefined && isRemark(before)
    // A zone that goes tells so itself, once.
    if (after.reason === 'ZoneNotFound' && before) return
    if (!isNews) return
    this.#toldRecords.set(uid, after)
    this.#recordEvents.record(object, happening(after))
  }
}

function readyOf(status: ConditionedStatus | undefined): Condition | undefined {
  return status?.conditions?.find(condition => condition.type === 'Ready')
}

type Said = Pick<Condition, 'status' | 'reason' | 'message'>

// Only what is the record's own: a zone or server that is in the way of thousands has an Event itself.
function isRemark({ status, reason }: Said): boolean {
  if (status === 'True') return reason !== 'Served'
  if (reason === 'ZoneNotReady') return false
  return !isReason(reason) || reasons[reason].on[0] === 'record'
}

// Another version may have written the status.
function isReason(text: string): text is Reason {
  return Object.hasOwn(reasons, text)
}

function isSame(a: Said, b: Said): boolean {
  return a.status === b.status && a.reason === b.reason && a.message === b.message
}

function happening({ status, reason, message }: Said): Happening {
  // It was a Reason when the condition was made.
  return {
    type: status === 'True' ? 'Normal' : 'Warning',
    reason: reason as Reason,
    action: 'Reconcile',
    note: message,
  }
}
