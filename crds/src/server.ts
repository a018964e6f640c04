import { objectNameSchema } from './fields.ts'
import { conditionsSchema, type KubeObject } from './object.ts'
import type { Infer, Structural } from './structural.ts'

const secretRef = {
  type: 'object',
  required: ['name'],
  properties: { name: objectNameSchema },
} as const satisfies Structural

const port = { type: 'integer', minimum: 1, maximum: 65535 } as const satisfies Structural

export const instanceSpecSchema = {
  type: 'object',
  description: 'One BIND 9 server.',
  required: ['role', 'external'],
  properties: {
    clusterRef: { ...objectNameSchema, description: 'The Bind9Cluster that the server belongs to.' },
    role: { type: 'string', enum: ['primary', 'secondary'] },
    external: {
      type: 'object',
      description: 'A BIND that runs already, on any machine; the README lists what its named.conf needs.',
      required: ['address', 'rndcSecretRef', 'tsigSecretRef'],
      properties: {
        address: {
          type: 'string',
          minLength: 1,
          maxLength: 253,
          description: 'IP address or host name of the server.',
          'x-kubernetes-validations': [
            {
              rule: "isIP(self) || self.matches('^[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?([.][a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*[.]?$')",
              message: 'must be an IP address or a host name',
            },
          ],
        },
        dnsPort: { ...port, default: 53, description: 'Port of DNS, over UDP and TCP.' },
        rndcPort: { ...port, default: 953, description: 'Port of the RNDC control channel.' },
        rndcSecretRef: {
          ...secretRef,
          description: 'Secret with the key of the control channel: key-name, algorithm and secret, or one rndc.key.',
        },
        tsigSecretRef: {
          ...secretRef,
          description:
            'Secret with the TSIG key for updates and transfers: key-name, algorithm and secret, or one rndc.key.',
        },
      },
    },
  },
} as const satisfies Structural

export const instanceStatusSchema = {
  type: 'object',
  properties: {
    observedGeneration: { type: 'integer', format: 'int64' },
    conditions: conditionsSchema,
    version: { type: 'string', maxLength: 128, description: 'Version that named reports.' },
  },
} as const satisfies Structural

export const clusterSpecSchema = {
  type: 'object',
  description: 'Servers that serve the same zones: the Bind9Instances whose clusterRef names this cluster.',
  properties: {
    secondary: {
      type: 'object',
      description: 'What holds for the secondaries of the cluster.',
      properties: {
        catalog: {
          type: 'boolean',
          description:
            'The secondaries learn their zones from a catalog zone (RFC 9432) that their named.conf subscribes to.',
        },
      },
    },
  },
} as const satisfies Structural

export const clusterStatusSchema = {
  type: 'object',
  properties: {
    observedGeneration: { type: 'integer', format: 'int64' },
    conditions: conditionsSchema,
    instances: { type: 'integer', description: 'Instances of the cluster.' },
    catalog: { type: 'string', maxLength: 254, description: 'Name of the catalog zone, where the cluster has one.' },
    readyInstances: { type: 'integer', description: 'Instances of the cluster that are ready.' },
  },
} as const satisfies Structural

export type InstanceSpec = Infer<typeof instanceSpecSchema>
export type InstanceStatus = Infer<typeof instanceStatusSchema>
export type Bind9Instance = KubeObject<InstanceSpec, InstanceStatus>
export type ClusterStatus = Infer<typeof clusterStatusSchema>
export type Bind9Cluster = KubeObject<Infer<typeof clusterSpecSchema>, ClusterStatus>
