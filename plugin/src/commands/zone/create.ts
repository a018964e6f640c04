import { Args, Flags } from '@oclif/core'
import { zoneKind } from '#crds'
import { BindyCommand, durationFlag, secondsFlag, writeFlags } from '../../base.ts'
import { newObject } from '../../cluster.ts'
import { usageFailure } from '../../failure.ts'
import { BIN } from '../../name.ts'
import { type Change, printWritten, write } from '../../writing.ts'
import { objectNameOf, shownName, typedName } from '../../zone/find.ts'
import { type AwaitedZone, waitForZone } from '../../zone/wait.ts'

const NAME_SERVERS = 'HOST[=ADDRESS]'

export default class ZoneCreate extends BindyCommand {
  static override summary = 'Create a zone'
  static override description =
    'With --wait it shows how the zone gets to each server, and ends when all of them serve it.'
  static override args = {
    zone: Args.string({ ignoreStdin: true, required: true, description: 'its name, such as example.com' }),
  }
  static override examples = [
    '<%= config.bin %> zone create example.com --cluster-ref production-dns --primary-ns ns1.example.com. --admin-email hostmaster@example.com --wait',
  ]
  static override flags = {
    'cluster-ref': Flags.string({
      helpValue: 'NAME',
      summary: 'the Bind9Cluster, or one Bind9Instance, that serves it',
    }),
    selector: Flags.string({
      helpValue: 'LABEL=VALUE',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'or the labels of the Bind9Instances that do',
    }),
    'primary-ns': Flags.string({
      required: true,
      helpValue: 'HOST',
      summary: 'its primary name server, such as ns1.example.com.',
    }),
    'admin-email': Flags.string({
      required: true,
      helpValue: 'MAILBOX',
      summary: 'who answers for it, such as hostmaster@example.com',
    }),
    'name-server': Flags.string({
      helpValue: NAME_SERVERS,
      multiple: true,
      multipleNonGreedy: true,
      summary: 'a name server; the primary alone if absent',
    }),
    ttl: secondsFlag({ summary: 'TTL of records that give none' }),
    refresh: secondsFlag({ summary: 'between the checks of a secondary' }),
    retry: secondsFlag({ summary: 'until a secondary repeats a failed check' }),
    expire: secondsFlag({ summary: 'until a secondary that hears nothing gives up' }),
    'negative-ttl': secondsFlag({ summary: 'that resolvers may keep "no such name"' }),
    name: Flags.string({ helpValue: 'NAME', summary: "the object's name; made from the zone's if absent" }),
    adopt: Flags.boolean({ summary: 'take over a zone that the servers have already' }),
    wait: durationFlag({ summary: 'until it is served; for so long at most, 2m if absent' }),
    ...writeFlags,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ZoneCreate)
    const spec = specOf(args.zone, flags)
    const cluster = await this.connect(flags)
    const name = flags.name ?? objectNameOf(typedName(args.zone))
    const object = newObject(zoneKind, { namespace: cluster.namespace, name }, spec)
    const changes: Change[] = [{ kind: zoneKind, object, verb: 'created' }]
    const written = await write(cluster, changes, flags)
    this.print(await printWritten(changes, written, flags))
    if (flags['dry-run'] !== 'none') return
    const zone = { metadata: { ...object.metadata, uid: written[0]?.metadata.uid }, spec: { zoneName: args.zone } }
    if (flags.wait !== undefined) {
      await waitForZone(cluster, zone, { timeoutMs: flags.wait, ...this.progress(flags.output) })
    }
    this.hint(nextSteps(zone, flags.wait !== undefined))
  }
}

type ZoneFlags = {
  readonly 'primary-ns': string
  readonly 'admin-email': string
  readonly 'cluster-ref'?: string | undefined
  readonly selector?: readonly string[] | undefined
  readonly 'name-server'?: readonly string[] | undefined
  readonly adopt?: boolean
} & { readonly [timer in 'ttl' | 'refresh' | 'retry' | 'expire' | 'negative-ttl']?: number | undefined }

function specOf(zone: string, flags: ZoneFlags): object {
  typedName(zone)
  const { 'cluster-ref': clusterRef, selector, ttl, refresh, retry, expire, 'negative-ttl': negativeTtl } = flags
  if (clusterRef === undefined && selector === undefined) {
    throw usageFailure('Nothing says where the zone is served', {
      fix: ['--cluster-ref NAME, a Bind9Cluster or a Bind9Instance', '--selector LABEL=VALUE, of Bind9Instances'],
    })
  }
  const timers = { refresh, retry, expire, negativeTtl }
  const given = Object.fromEntries(Object.entries(timers).filter(([, seconds]) => seconds !== undefined))
  return {
    zoneName: zone,
    ...(clusterRef !== undefined && { clusterRef }),
    ...(selector && { instanceSelector: { matchLabels: Object.fromEntries(selector.map(labelOf)) } }),
    soaRecord: { primaryNs: flags['primary-ns'], adminEmail: flags['admin-email'], ...given },
    ...(ttl !== undefined && { ttl }),
    ...(flags['name-server'] && { nameServers: flags['name-server'].map(nameServerOf) }),
    ...(flags.adopt && { adopt: true }),
  }
}

function labelOf(text: string): [string, string] {
  const [label, ...value] = text.split('=')
  if (!label || value.length !== 1) throw usageFailure(`--selector: ${JSON.stringify(text)} is not LABEL=VALUE`)
  return [label, value[0] ?? '']
}

function nameServerOf(text: string): object {
  const [hostname = '', ...addresses] = text.split('=')
  if (hostname === '' || addresses.length > 1)
    throw usageFailure(`--name-server: ${JSON.stringify(text)} is not ${NAME_SERVERS}`)
  const [address] = addresses
  if (address === undefined) return { hostname }
  return { hostname, [address.includes(':') ? 'ipv6Address' : 'ipv4Address']: address }
}

function nextSteps({ spec, metadata }: AwaitedZone, hasWaited: boolean): string {
  const name = shownName(spec.zoneName)
  const at = `-n ${metadata.namespace}`
  return hasWaited
    ? `Next: ${BIN} record add www.${name} A 192.0.2.1 --ttl 5m ${at}`
    : `Next: ${BIN} status zone ${name} ${at} --wait`
}
