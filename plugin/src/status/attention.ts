import { type DNSZone, type RecordObject, recordTypeOfKind } from '#crds'
import { isSettled, remedyOf, type Verdict } from '../condition.ts'
import { BIN } from '../name.ts'
import { isOfZone } from '../record/find.ts'
import { ownerOf } from '../record/owner.ts'
import { printKeyed } from '../screen/keyed.ts'
import { apexOf, shownName } from '../zone/find.ts'
import type { ZoneHealth } from '../zone/health.ts'

/** Something that somebody should look at, and what helps. */
export interface Attention {
  readonly mark: 'bad' | 'warning'
  readonly subject: string
  readonly message: string
  readonly command: string
  /** Since when, as the API server writes times. */
  readonly since?: string | undefined
  /** Whether it stays until somebody does something about it. */
  readonly isLasting: boolean
}

export interface JudgedRecord {
  readonly record: RecordObject
  readonly verdict: Verdict
}

type ZoneOfRecords = { readonly zone: DNSZone; readonly health: ZoneHealth }

/** Records that are not served. What stands against a zone stands against its records too: that is said once, with the zone. */
export function ofRecords(records: readonly JudgedRecord[], zones: readonly ZoneOfRecords[]): Attention[] {
  const reasonsOfZones = new Set(
    zones.flatMap(({ health }) => (health.phase === 'Degraded' ? [health.verdict.reason] : [])),
  )
  return records
    .filter(
      ({ verdict }) =>
        verdict.status === 'False' && verdict.reason !== 'ZoneNotReady' && !reasonsOfZones.has(verdict.reason),
    )
    .map(({ record, verdict }) => {
      const { type } = recordTypeOfKind(record.kind)
      const owner = ownerIn(record, zones)
      const remedy = remedyOf(verdict.reason)
      return {
        mark: 'bad' as const,
        subject: `${owner} ${type}`,
        message: `${printKeyed(record)}: ${verdict.reason}: ${verdict.message}`,
        command:
          remedy && verdict.reason === 'ZoneNotFound'
            ? `${BIN} zone list -A`
            : `${BIN} query ${owner} -n ${record.metadata.namespace}`,
        isLasting: isSettled(verdict),
      }
    })
}

function ownerIn(record: RecordObject, zones: readonly ZoneOfRecords[]): string {
  const apex = zones.map(({ zone }) => apexOf(zone)).find(one => one !== undefined && isOfZone(record, one))
  const owner = apex === undefined ? undefined : ownerOf(record, apex)
  return shownName(owner ?? record.status?.ownerName ?? `${record.spec.name}.${record.spec.zone}`)
}
