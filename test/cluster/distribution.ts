import { existsSync, readFileSync } from 'node:fs'

/** `debian`, `12` and `bookworm`; "unknown" where the machine does not say. */
export interface Distribution {
  readonly id: string
  readonly version: string
  readonly codename: string
}

/** What this machine runs. */
export function distribution(): Distribution {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : ''
  const field = (name: string) => new RegExp(`^${name}="?([^"\n]*)`, 'm').exec(release)?.[1] ?? 'unknown'
  return { id: field('ID'), version: field('VERSION_ID'), codename: field('VERSION_CODENAME') }
}
