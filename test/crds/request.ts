import { request } from 'node:https'
import { json } from 'node:stream/consumers'
import { API_GROUP, API_VERSION } from '#crds'
import type { RunningApiServer } from '../cluster/index.ts'

export interface Answer {
  readonly status: number
  readonly body: { readonly message?: string; readonly spec?: Record<string, unknown> }
}

export interface Draft {
  readonly kind: string
  readonly metadata?: { readonly name: string }
  readonly spec?: unknown
}

/** What the API server answers to the creation of an object, as strict as kubectl has it; nothing is kept. */
export function tryCreate(api: RunningApiServer, plural: string, draft: Draft): Promise<Answer> {
  const path = `/apis/${API_GROUP}/${API_VERSION}/namespaces/default/${plural}?dryRun=All&fieldValidation=Strict`
  const object = { apiVersion: `${API_GROUP}/${API_VERSION}`, metadata: { name: 'x' }, ...draft }
  const headers = { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    request(new URL(path, api.url), { method: 'POST', headers, ca: api.certificateAuthority }, async response =>
      resolve({ status: response.statusCode ?? 0, body: (await json(response)) as Answer['body'] }),
    )
      .on('error', reject)
      .end(JSON.stringify(object))
  })
}
