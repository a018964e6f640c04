import type { CelRule, Structural } from './structural.ts'

// One label: letters and all other printable octets but the dot, "\." and "\DDD" (RFC 1035 section 5.1).
const LABEL = String.raw`(\\([01][0-9]{2}|2[0-4][0-9]|25[0-5])|\\[!-/:-~]|[!-\-/-\[\]-~]){1,63}`
const HOST_LABEL = '[a-zA-Z0-9_]([a-zA-Z0-9_/-]{0,61}[a-zA-Z0-9_])?'

const ZONE_NAME = `^${HOST_LABEL}(\\.${HOST_LABEL})*\\.?$`

/** Whether a text is the name of a zone, as its schema has it. */
export function isZoneName(text: string): boolean {
  return text.length < 255 && new RegExp(ZONE_NAME).test(text)
}

function matches(pattern: string, message: string): CelRule {
  return { rule: `self.matches(r'${pattern}')`, message }
}

export const ownerNameSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 254,
  description:
    'Name of the record: "@" is the zone itself, "www" is relative to the zone; a final dot, or ending in the zone\'s name, makes it absolute.',
  'x-kubernetes-validations': [
    matches(
      `^(@|${LABEL}(\\.${LABEL})*\\.?)$`,
      'must be "@" or a DNS name: labels of 1 to 63 printable ASCII characters with dots between (an international name in its xn-- form)',
    ),
  ],
} as const satisfies Structural

export const targetNameSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 254,
  'x-kubernetes-validations': [
    matches(
      `^(\\.|${LABEL}\\.|${LABEL}(\\.${LABEL})+\\.?)$`,
      'must be a whole DNS name, such as www.example.com. (write the final dot after a name of one label)',
    ),
  ],
} as const satisfies Structural

export const zoneNameSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 254,
  'x-kubernetes-validations': [
    matches(
      ZONE_NAME,
      'must be the name of a zone, such as example.com: labels of letters, digits, hyphens and underscores with dots between',
    ),
  ],
} as const satisfies Structural

export const ttlSchema = {
  type: 'integer',
  minimum: 0,
  maximum: 2147483647,
} as const satisfies Structural

export const objectNameSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 253,
} as const satisfies Structural

export const ipv4Schema = {
  type: 'string',
  maxLength: 15,
  'x-kubernetes-validations': [
    { rule: 'isIP(self) && ip(self).family() == 4', message: 'must be an IPv4 address, such as 192.0.2.10' },
  ],
} as const satisfies Structural

export const ipv6Schema = {
  type: 'string',
  maxLength: 45,
  'x-kubernetes-validations': [
    { rule: 'isIP(self) && ip(self).family() == 6', message: 'must be an IPv6 address, such as 2001:db8::10' },
  ],
} as const satisfies Structural
