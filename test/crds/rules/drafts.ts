import { API_GROUP, API_VERSION, type Draft } from '#crds'

/** A draft as a whole object, under a name of its own where it has none. */
export function whole({ kind, metadata, spec }: Draft, name = 'candidate') {
  return { apiVersion: `${API_GROUP}/${API_VERSION}`, kind, metadata: { namespace: 'dns', name, ...metadata }, spec }
}
