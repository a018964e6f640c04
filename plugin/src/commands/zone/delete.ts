import { Args, Flags } from '@oclif/core'
import { CONFIRM_DELETE, type DNSZone, deletionPolicy, zoneKind } from '#crds'
import { isNotFound, KubeApiError, resourcePath } from '#kube'
import { askToGoOn } from '../../ask.ts'
import { anywhereFlag, BindyCommand, durationFlag, writeFlags } from '../../base.ts'
import { type Cluster, newObject, resourceOf } from '../../cluster.ts'
import { readiness } from '../../condition.ts'
import { failureOf } from '../../explain.ts'
import { EXIT, Failure } from '../../failure.ts'
import { waitFor } from '../../follow.ts'
import { BIN, FIELD_MANAGER } from '../../name.ts'
import { printDuration } from '../../screen/duration.ts'
import { harmless } from '../../screen/harmless.ts'
import type { Progress } from '../../screen/progress.ts'
import { type Change, printWritten, type WriteChoice, type Written, write } from '../../writing.ts'
import { findZone, shownName } from '../../zone/find.ts'

export default class ZoneDelete extends BindyCommand {
  static override summary = 'Delete a zone'
  static override description =
    'The DNSZone goes, and with it the zone on its servers, unless its deletionPolicy is retain. Its records stay as objects; while it has some, the webhook lets it go only where you say so: you are asked, or give --yes, and the annotation confirm-delete says it.'
  static override args = {
    zone: Args.string({ ignoreStdin: true, required: true, description: 'its name, or that of its object' }),
  }
  static override flags = {
    yes: Flags.boolean({ char: 'y', summary: 'although it has records; do not ask' }),
    'all-namespaces': anywhereFlag,
    'dry-run': writeFlags['dry-run'],
    output: writeFlags.output,
    wait: durationFlag({ summary: 'until it has left the servers; for so long at most, 2m if absent' }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ZoneDelete)
    const cluster = await this.connect(flags)
    const zone = await findZone(cluster, cluster.scope(flags['all-namespaces']), args.zone)
    const changes: Change[] = [
      { kind: zoneKind, object: newObject(zoneKind, zone.metadata, zone.spec), verb: 'deleted', read: zone.metadata },
    ]
    const choice = { ...flags, 'field-manager': FIELD_MANAGER }
    const written = await write(cluster, changes, choice).catch(error => {
      if (!isForItsRecords(error)) throw error
      return this.#insist(cluster, zone, changes, { ...choice, error })
    })
    this.print(await printWritten(changes, written, choice))
    if (flags['dry-run'] !== 'none') return
    if (flags.wait !== undefined)
      await waitUntilGone(cluster, zone, { timeoutMs: flags.wait, ...this.progress(flags.output) })
    if (deletionPolicy(zone) === 'retain')
      this.hint(`The servers go on serving ${shownName(zone.spec.zoneName)}: its deletionPolicy is retain`)
  }

  async #insist(
    cluster: Cluster,
    zone: DNSZone,
    changes: readonly Change[],
    choice: WriteChoice & { readonly yes: boolean; readonly error: KubeApiError },
  ): Promise<Written[]> {
    // A dry run leaves no annotation behind that the webhook could see.
    if (choice.yes && choice['dry-run'] === 'server') return changes.map(({ object }) => object)
    if (choice['dry-run'] !== 'none' || !(choice.yes || process.stdin.isTTY)) {
      const refused = failureOf(choice.error)
      throw new Failure(refused.message, { ...refused, fix: 'add --yes to delete it all the same' })
    }
    const question = `${shownName(zone.spec.zoneName)} still has records. Delete it all the same?`
    if (!choice.yes) await askToGoOn(question, this.signal)
    await annotate(cluster, zone, 'true')
    return write(cluster, changes, choice).catch(error => withdraw(cluster, zone, error))
  }
}

async function waitUntilGone(
  cluster: Cluster,
  zone: DNSZone,
  { timeoutMs, progress }: { readonly timeoutMs: number; readonly progress: Progress },
): Promise<void> {
  const name = shownName(zone.spec.zoneName)
  const at = { kind: zoneKind, place: zone.metadata, timeoutMs }
  const found = await waitFor<DNSZone>(cluster, at, now => {
    const isGone = now?.metadata.uid !== zone.metadata.uid
    const text = harmless(`${name} ${!now || isGone ? 'gone' : readiness(now).reason}`)
    progress.show([progress.terminal.marked(isGone ? 'good' : 'busy', text)], () => text)
    return isGone
  })
  progress.end()
  if (found !== 'timeout') return
  throw new Failure(`${name} has not left all servers after ${printDuration(timeoutMs)}`, {
    exit: EXIT.timeout,
    fix: `${BIN} status zone ${name} -n ${zone.metadata.namespace}`,
  })
}

function isForItsRecords(error: unknown): error is KubeApiError {
  return error instanceof KubeApiError && error.said.includes('[BND-R044]')
}

// The webhook looks for it at the object that is to go. Ctrl-C waits, so that it is known whether it stands there.
async function annotate({ client }: Cluster, { metadata }: DNSZone, value: string | null): Promise<void> {
  const body = { metadata: { annotations: { [CONFIRM_DELETE]: value } } }
  const query = { fieldManager: FIELD_MANAGER }
  await client.patch(resourcePath(resourceOf(zoneKind), metadata), body, { query })
}

// A zone that stays is kept from the next who would delete it.
async function withdraw(cluster: Cluster, zone: DNSZone, error: unknown): Promise<never> {
  const { name, namespace, annotations } = zone.metadata
  try {
    await annotate(cluster, zone, annotations?.[CONFIRM_DELETE] ?? null)
  } catch (left) {
    if (isNotFound(left)) throw error
    const failure = failureOf(error)
    const fix = [...failure.fix, `kubectl annotate dnszone ${name} -n ${namespace} ${CONFIRM_DELETE}-`]
    throw new Failure(failure.message, { ...failure, fix })
  }
  throw error
}
