/** An object as an example has it; what is the same in all of them is left out. */
export interface Draft {
  readonly kind: string
  readonly metadata?: { readonly name?: string; readonly namespace?: string; readonly annotations?: object }
  readonly spec: object
}

/** An object as a rule would have it, or not, with what the rule looks at beside it. */
export interface Example {
  readonly object: Draft
  /** Objects that are there before. */
  readonly among?: readonly Draft[]
  /** The object as it was. */
  readonly old?: Draft
}

/** A record of example.com. */
export function recordDraft(kind: string, name: string, spec: object, metadata?: Draft['metadata']): Draft {
  return { kind, ...(metadata && { metadata }), spec: { zone: 'example.com', name, ...spec } }
}

export function addressDraft(name: string, spec: object = {}): Draft {
  return recordDraft('ARecord', name, { ipv4Address: '192.0.2.10', ...spec })
}

export function aliasDraft(name: string, target = 'www.example.net.'): Draft {
  return recordDraft('CNAMERecord', name, { target })
}

export function mailDraft(mailServer: string, priority = 10): Draft {
  return recordDraft('MXRecord', '@', { priority, mailServer })
}

/** The zone example.com on the servers of a cluster. */
export function zoneDraft(spec: object = {}, metadata?: Draft['metadata']): Draft {
  const soaRecord = { primaryNs: 'ns1.example.net.', adminEmail: 'dns@example.com' }
  const whole = { zoneName: 'example.com', clusterRef: 'servers', soaRecord, ...spec }
  return { kind: 'DNSZone', ...(metadata && { metadata }), spec: whole }
}

/** A primary of that cluster. */
export function instanceDraft(spec: object = {}, name = 'ns1'): Draft {
  const external = { address: '192.0.2.53', rndcSecretRef: { name: 'rndc' }, tsigSecretRef: { name: 'tsig' } }
  return {
    kind: 'Bind9Instance',
    metadata: { name },
    spec: { role: 'primary', clusterRef: 'servers', external, ...spec },
  }
}

export const clusterDraft: Draft = { kind: 'Bind9Cluster', metadata: { name: 'servers' }, spec: {} }
