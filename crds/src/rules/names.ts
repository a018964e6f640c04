import { isIPv4, isIPv6 } from '../address.ts'
import { labelsOf, type NameError, readName } from '../name.ts'
import type { Fault } from './rule.ts'

const HOST_LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/

/** Whether a canonical name is one that a host may have (RFC 1123 section 2.1); the root counts as one (RFC 7505). */
export function isHostName(name: string): boolean {
  return labelsOf(name).every(label => HOST_LABEL.test(label))
}

/** A name without one of two ends in its zone's name; undefined where it has no two. */
export function withoutDouble(name: string, zone: string): string | undefined {
  return zone !== '.' && name.endsWith(`.${zone}${zone}`) ? name.slice(0, -zone.length) : undefined
}

/** Whether a label holds what no name of a host or a service does; a "/" stands in reverse zones (RFC 2317). */
export function isOddLabel(label: string): boolean {
  return !/^[a-z0-9_*/-]+$/.test(label)
}

/** Whether a name is one of a service or a key, which may hold nearly anything before the label with its "_" (RFC 6763). */
export function isServiceName(name: string): boolean {
  return labelsOf(name).some(label => label.startsWith('_'))
}

const OBJECT_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/

/** Whether a text is a name that Kubernetes gives to objects such as ours. */
export function isObjectName(text: string): boolean {
  return OBJECT_NAME.test(text)
}

/** Whether a text is an address where a name should stand. */
export function isAddressText(text: string): boolean {
  return isIPv4(text.replace(/\.$/, '')) || isIPv6(text)
}

/** What is wrong with a text that is no name, with the xn-- form of an international one. */
export function faultOfName(field: string, value: string, { why }: NameError): Fault {
  const ascii = xnForm(value)
  const message = ascii ? `must be written in its xn-- form, '${ascii}'` : `must be a domain name: ${why}`
  return { field, value, message, ...(ascii && { fix: ascii }) }
}

// What would be no part of the host of a URL, or not as it stands there.
const NO_HOST = /[/\\@:?#%\s]/

/** The xn-- form of an international name (RFC 5891), in lower case; undefined where there is none. */
function xnForm(text: string): string | undefined {
  if (text.length > 254 || !/\P{ASCII}/u.test(text) || NO_HOST.test(text)) return undefined
  const { hostname = '' } = URL.parse(`http://${text}`) ?? {}
  const isWhole = hostname.split('.').length === text.split('.').length && readName(hostname).name !== undefined
  return isWhole && hostname.includes('xn--') && /^[a-z0-9._*-]+$/.test(hostname) ? hostname : undefined
}
