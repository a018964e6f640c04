import { ipv4Schema, ipv6Schema, objectNameSchema, targetNameSchema, ttlSchema, zoneNameSchema } from './fields.ts'
import { canonicalName, NameError } from './name.ts'
import { conditionsSchema, type KubeObject } from './object.ts'
import { recordTypes } from './records.ts'
import { instanceSelectorSchema } from './selector.ts'
import type { Infer, Structural } from './structural.ts'

const seconds = { type: 'integer', minimum: 0, maximum: 2147483647 } as const satisfies Structural
const serial = { type: 'integer', format: 'int64', minimum: 0, maximum: 4294967295 } as const satisfies Structural

// What stands before the second label of an RNAME, in both forms: a backslash escapes in the second alone. Of octets BIND
// takes "!" to "~", which are 033 to 126.
const MAILBOX = String.raw`[!-?A-\[\]-~]{1,63}@[a-zA-Z0-9_-]{1,63}`
const FIRST_LABEL = String.raw`(\\(03[3-9]|0[4-9][0-9]|1[01][0-9]|12[0-6])|\\[!-/:-?A-~]|[!-\-/-?A-\[\]-~]){1,63}`

export const zoneSpecSchema = {
  type: 'object',
  description: 'A zone to serve, and where.',
  required: ['zoneName', 'soaRecord'],
  properties: {
    zoneName: {
      ...zoneNameSchema,
      description: 'Name of the zone, such as example.com.',
      'x-kubernetes-validations': [
        ...zoneNameSchema['x-kubernetes-validations'],
        { rule: 'self == oldSelf', message: 'cannot be changed: create another DNSZone and delete this one' },
      ],
    },
    clusterRef: {
      ...objectNameSchema,
      description: 'The Bind9Cluster whose instances serve the zone, or one Bind9Instance.',
    },
    instanceSelector: {
      ...instanceSelectorSchema,
      description: 'Serve the zone on the Bind9Instances with these labels.',
    },
    soaRecord: {
      type: 'object',
      description: 'The start of authority (RFC 1035 section 3.3.13).',
      required: ['primaryNs', 'adminEmail'],
      properties: {
        primaryNs: { ...targetNameSchema, description: 'MNAME: the primary name server, such as ns1.example.com.' },
        adminEmail: {
          type: 'string',
          minLength: 1,
          maxLength: 254,
          description: 'RNAME: a mailbox, as hostmaster@example.com or in the form hostmaster.example.com.',
          'x-kubernetes-validations': [
            {
              rule: `self.matches(r'^(${MAILBOX}|${FIRST_LABEL})(\\.[a-zA-Z0-9_-]{1,63})+\\.?$')`,
              message: 'must be a mailbox, such as hostmaster@example.com or hostmaster.example.com.',
            },
          ],
        },
        serial: {
          ...serial,
          description: 'The serial to start from; by the date when absent. It never moves backwards.',
          // RFC 1982 section 3.2: a step of 2^31 is neither forwards nor backwards, and named refuses it.
          'x-kubernetes-validations': [
            {
              rule: '(self - oldSelf + 4294967296) % 4294967296 < 2147483648',
              message: 'must not move backwards, by the arithmetic of RFC 1982',
            },
          ],
        },
        refresh: { ...seconds, default: 3600, description: 'Seconds between the checks of a secondary.' },
        retry: { ...seconds, default: 600, description: 'Seconds until a secondary repeats a failed check.' },
        expire: { ...seconds, default: 604800, description: 'Seconds until a secondary that hears nothing gives up.' },
        negativeTtl: {
          ...seconds,
          default: 300,
          description: 'Seconds that resolvers may keep "no such name" (RFC 2308).',
        },
      },
    },
    ttl: { ...ttlSchema, default: 3600, description: 'TTL in seconds of records that give none.' },
    nameServers: {
      type: 'array',
      maxItems: 32,
      description: 'The name servers of the zone; the primaryNs alone when absent.',
      items: {
        type: 'object',
        required: ['hostname'],
        properties: {
          hostname: targetNameSchema,
          ipv4Address: { ...ipv4Schema, description: 'Its address, where its name lies inside the zone.' },
          ipv6Address: { ...ipv6Schema, description: 'Its address, where its name lies inside the zone.' },
        },
      },
    },
    recordPolicy: {
      type: 'string',
      enum: ['exclusive', 'owned'],
      description:
        'Whose the zone is: exclusive, and what no object explains is withdrawn; or owned, and Bindy minds only the RRsets that objects give. exclusive when absent, owned where the zone is adopted.',
    },
    unmanaged: {
      type: 'array',
      maxItems: 64,
      description: 'Names that are left to others, such as _acme-challenge.*',
      items: {
        type: 'object',
        required: ['name'],
        properties: {
          name: {
            type: 'string',
            minLength: 1,
            maxLength: 254,
            description: 'Owner name relative to the zone, "@" for the zone itself; "*" stands for any characters.',
            'x-kubernetes-validations': [
              { rule: "self.matches('^[!-~]+$')", message: 'must be of printable ASCII characters without spaces' },
            ],
          },
          types: {
            type: 'array',
            minItems: 1,
            maxItems: 32,
            description: 'Record types, such as TXT; all when absent.',
            items: { type: 'string', enum: recordTypes.map(({ type }) => type) },
          },
        },
      },
    },
    adopt: {
      type: 'boolean',
      description: 'Take over a zone of this name that a server has already, with its records and serial.',
    },
    deletionPolicy: {
      type: 'string',
      enum: ['delete', 'retain'],
      description:
        'What becomes of the served zone when this object is deleted; delete when absent, retain where the zone is adopted.',
    },
    deletionGraceSeconds: {
      type: 'integer',
      minimum: 0,
      maximum: 604800,
      default: 300,
      description: 'Seconds that a deleted DNSZone waits for servers that do not answer.',
    },
    allowedNamespaces: {
      type: 'array',
      maxItems: 256,
      description: 'Other namespaces whose records and child zones this zone takes; "*" is all.',
      items: { type: 'string', minLength: 1, maxLength: 63, pattern: '^([*]|[a-z0-9]([-a-z0-9]*[a-z0-9])?)$' },
    },
  },
  'x-kubernetes-validations': [
    {
      rule: 'has(self.clusterRef) || has(self.instanceSelector)',
      message: 'clusterRef or instanceSelector must say where the zone is served',
    },
  ],
} as const satisfies Structural

export const zoneStatusSchema = {
  type: 'object',
  properties: {
    observedGeneration: { type: 'integer', format: 'int64' },
    conditions: conditionsSchema,
    zoneName: { type: 'string', maxLength: 254, description: 'Name of the zone in canonical form.' },
    serial: { ...serial, description: 'The highest serial that a primary serves.' },
    history: {
      type: 'array',
      maxItems: 10,
      description: 'The last serials that a primary was seen serving, the newest first.',
      items: {
        type: 'object',
        required: ['serial', 'time'],
        properties: {
          serial,
          time: { type: 'string', format: 'date-time', description: 'When it was first seen.' },
        },
      },
    },
    records: { type: 'integer', description: 'Records of objects that the primaries serve.' },
    unowned: {
      type: 'integer',
      description: 'Records of others that a primary serves and that are left alone.',
    },
    servers: {
      type: 'array',
      maxItems: 256,
      description: 'What each server was last seen serving.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['instance'],
      items: {
        type: 'object',
        required: ['instance', 'role', 'state'],
        properties: {
          instance: { type: 'string', maxLength: 253 },
          role: { type: 'string', enum: ['primary', 'secondary'] },
          state: { type: 'string', maxLength: 64, description: 'Served, or the reason why not.' },
          serial,
          lag: {
            type: 'integer',
            format: 'int64',
            description: "How many serials the server is behind the primaries' highest; 0 when level.",
          },
          behindSince: { type: 'string', format: 'date-time', description: 'Since when it is behind.' },
          message: { type: 'string', maxLength: 1024 },
        },
      },
    },
  },
} as const satisfies Structural

/** Seconds, of a zone that gives none and whose defaults are not filled in. */
export const DEFAULT_TTL = zoneSpecSchema.properties.ttl.default

export type ZoneSpec = Infer<typeof zoneSpecSchema>
export type ZoneStatus = Infer<typeof zoneStatusSchema>
export type DNSZone = KubeObject<ZoneSpec, ZoneStatus>

/** The RNAME of an admin mailbox: the "@" becomes a dot, dots before it are escaped (RFC 1035 section 8). */
export function rname(adminEmail: string): string {
  const [mailbox, domain, ...more] = adminEmail.split('@')
  if (mailbox === undefined || domain === undefined) return canonicalName(adminEmail)
  if (!/^[^\\]+$/.test(mailbox) || domain === '' || more.length > 0)
    throw new NameError(adminEmail, 'a mailbox has one "@", text before and after it, and no backslash')
  return canonicalName(`${mailbox.replace(/\./g, '\\.')}.${domain}`)
}
