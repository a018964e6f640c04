import { readdirSync, readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'
import type { ReviewedObject } from '../../webhook/src/review.ts'

const FOLDER = new URL('../../manifests/samples/', import.meta.url)

/** The samples as stored objects of a namespace. */
export function storedSamples(namespace = 'default'): ReviewedObject[] {
  const texts = readdirSync(FOLDER).map(file => readFileSync(new URL(file, FOLDER), 'utf8'))
  const objects = texts.flatMap(text => parseAllDocuments(text).map(document => document.toJS()))
  return objects.map(({ metadata, ...rest }) => {
    const uid = `${rest.kind} ${metadata.name}`
    return { ...rest, metadata: { ...metadata, namespace, uid, creationTimestamp: '2026-01-01T00:00:00Z' } }
  })
}
