import { isIP } from 'node:net'
import type { Bind9Instance } from '#crds'
import { isNotFound, KubeApiError, type PodPort, resourcePath } from '#kube'
import type { Cluster } from '../cluster.ts'

/** Something was not done for want of a right: "list pods in dns". */
export class MissingRight extends Error {
  readonly needs: string

  constructor(needs: string, options: { cause?: unknown } = {}) {
    super(`It needs ${needs}`, options)
    this.needs = needs
  }
}

interface Pod {
  readonly metadata: { readonly name: string; readonly namespace: string }
}

interface ServicePort {
  readonly name?: string
  readonly port: number
  readonly protocol?: string
}

export interface Service {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: {
    readonly clusterIP?: string
    readonly clusterIPs?: readonly string[]
    readonly ports?: ServicePort[]
  }
}

export interface EndpointSlice {
  readonly metadata: { readonly name: string }
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[] | null
  readonly endpoints?:
    | readonly {
        readonly conditions?: { readonly ready?: boolean }
        readonly targetRef?: { readonly kind?: string; readonly name?: string; readonly namespace?: string }
      }[]
    | null
}

const pods = { group: '', version: 'v1', plural: 'pods' }
const services = { group: '', version: 'v1', plural: 'services' }
const slices = { group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices' }

/**
 * The port of a pod that a port of an instance leads to, where its address is a pod's or a Service's of the cluster.
 *
 * @throws MissingRight
 */
export async function findPod(cluster: Cluster, instance: Bind9Instance, port: number): Promise<PodPort | undefined> {
  const { namespace } = instance.metadata
  const { address } = instance.spec.external
  if (isIP(address) === 0) {
    const at = serviceNamed(address, namespace)
    const service = at && (await readService(cluster, at))
    return service && podBehind(cluster, service, port)
  }
  const fieldSelector = `status.podIP=${address},status.phase=Running`
  const [pod] = await list<Pod>(cluster, pods, namespace, { fieldSelector })
  if (pod) return { namespace, pod: pod.metadata.name, port }
  const all = await list<Service>(cluster, services, namespace, {})
  const service = all.find(({ spec }) => spec.clusterIP === address || spec.clusterIPs?.includes(address))
  return service && podBehind(cluster, service, port)
}

/** The Service that a name would be of in a pod of the namespace: name, name.ns, name.ns.svc, name.ns.svc.cluster.local. */
export function serviceNamed(address: string, namespace: string): { name: string; namespace: string } | undefined {
  const label = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?'
  const pattern = new RegExp(`^(${label})(?:\\.(${label})(?:\\.svc(?:\\.cluster\\.local)?)?)?\\.?$`, 'i')
  const [, name, given = namespace] = pattern.exec(address) ?? []
  return name === undefined ? undefined : { name: name.toLowerCase(), namespace: given.toLowerCase() }
}

/** Where a port of a Service leads to: a pod that is ready, and the port there. */
export function endpointOf(
  { metadata, spec }: Service,
  all: readonly EndpointSlice[],
  port: number,
): PodPort | undefined {
  const isTcp = ({ protocol = 'TCP' }: { readonly protocol?: string }) => protocol === 'TCP'
  const own = spec.ports?.find(one => one.port === port && isTcp(one))
  // Without an address of its own, a Service leads to the pods themselves.
  const isHeadless = spec.clusterIP === 'None'
  for (const { ports, endpoints } of all) {
    const named = ports?.find(one => isTcp(one) && own && (one.name ?? '') === (own.name ?? ''))?.port
    const target = isHeadless ? port : named
    const ready = endpoints?.find(one => one.conditions?.ready !== false && one.targetRef?.kind === 'Pod')
    const pod = ready?.targetRef?.name
    if (target !== undefined && pod !== undefined) return { namespace: metadata.namespace, pod, port: target }
  }
  return undefined
}

async function podBehind(cluster: Cluster, service: Service, port: number): Promise<PodPort | undefined> {
  const { name, namespace } = service.metadata
  const labelSelector = `kubernetes.io/service-name=${name}`
  return endpointOf(service, await list<EndpointSlice>(cluster, slices, namespace, { labelSelector }), port)
}

async function readService(
  { client, signal }: Cluster,
  at: { readonly name: string; readonly namespace: string },
): Promise<Service | undefined> {
  try {
    return await client.get<Service>(resourcePath(services, at), { signal })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw missing(error, `get services in ${at.namespace}`)
  }
}

async function list<T extends { readonly metadata: { readonly name: string } }>(
  { client, signal }: Cluster,
  resource: typeof pods,
  namespace: string,
  query: Readonly<Record<string, string>>,
): Promise<readonly T[]> {
  try {
    return (await client.list<T>(resourcePath(resource, { namespace }), { signal, query })).items
  } catch (error) {
    throw missing(error, `list ${[resource.plural, resource.group].filter(Boolean).join('.')} in ${namespace}`)
  }
}

/** The error, or the right that is missing where it says that one is. */
export function missing(error: unknown, right: string): unknown {
  return error instanceof KubeApiError && error.status === 403 ? new MissingRight(right, { cause: error }) : error
}
