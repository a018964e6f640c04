import type { ServerResponse } from 'node:http'
import { afterEach, expect, test } from '@jest/globals'
import { ObjectIndex } from '#crds'
import { ReviewedAccess } from '../../webhook/src/access.ts'
import type { Review, ReviewedObject } from '../../webhook/src/review.ts'
import { validate } from '../../webhook/src/validate.ts'
import { type FakeApi, startFakeApi } from '../controller/kube/fake.ts'
import { thing } from './webhook.ts'

// An API server whose answers to a SubjectAccessReview are wrong, or never come: a real one is not to be had to.
const user = { username: 'maker', uid: '7', groups: ['dns'], extra: { scopes: ['all'] } }

let api: FakeApi
afterEach(() => api.close())

async function start(answer: (response: ServerResponse) => unknown) {
  const logged: string[] = []
  const log = { info() {}, warn: (message: string) => void logged.push(message), error() {} }
  const clock = { nowMs: 0 }
  api = await startFakeApi((_request, response) => answer(response))
  const access = new ReviewedAccess(api.client(), { log, now: () => clock.nowMs })
  return { access, logged, clock }
}

const said = (status: object) => (response: ServerResponse) => response.writeHead(201).end(JSON.stringify({ status }))

function record(kind: string, name: string, spec: object): ReviewedObject {
  const { metadata, ...rest } = thing(kind, name, { zone: 'example.com', name: 'www', ...spec })
  return { apiVersion: 'bindy.firestoned.io/v1alpha1', ...rest, metadata: { namespace: 'default', ...metadata } }
}

const others = ObjectIndex.of([record('ARecord', 'secret', { ipv4Address: '192.0.2.1' })])
const object = record('CNAMERecord', 'alias', { target: 'www.example.net.' })
const review: Review = { uid: 'u', operation: 'CREATE', namespace: 'default', name: 'alias', object, userInfo: user }
const judge = (access: ReviewedAccess) => validate(review, { others, access, isTerminating: async () => false })

test('ReviewedAccess asks by the name of the resource, for the user as the API server has told of them', async () => {
  const { access } = await start(said({ allowed: true }))
  expect(JSON.stringify(await judge(access))).toContain('ARecord default/secret has data there')
  const resourceAttributes = {
    ...{ verb: 'get', group: 'bindy.firestoned.io', resource: 'arecords', namespace: 'default' },
  }
  expect(api.requests.map(({ method, path, body }) => ({ method, path, body }))).toEqual([
    {
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: {
        ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' },
        spec: { user: 'maker', uid: '7', groups: ['dns'], extra: { scopes: ['all'] }, resourceAttributes },
      },
    },
  ])
})

const never = () => {}
const faults: [what: string, answer: (response: ServerResponse) => unknown, lines: number][] = [
  ['says no', said({ allowed: false }), 0],
  ['does not say yes', said({ allowed: 'true' }), 0],
  ['says nothing', response => response.writeHead(201).end('{}'), 0],
  ['says what is no JSON', response => response.writeHead(201).end('<html>'), 1],
  ['refuses', response => response.writeHead(403).end('{}'), 1],
  ['has a fault', response => response.writeHead(500).end('{}'), 1],
  ['ends the connection', response => response.destroy(), 1],
  ['never answers', never, 1],
]
test.each(faults)('an object is refused, and no other named, where the API server %s', async (_what, answer, lines) => {
  const { access, logged } = await start(answer)
  const verdict = await judge(access)
  expect(verdict).toMatchObject({ allowed: false, code: 422 })
  expect(JSON.stringify(verdict)).toContain('an ARecord of this namespace has data there')
  expect(JSON.stringify(verdict)).not.toContain('secret')
  expect(logged).toHaveLength(lines)
})

test('a fault that stays is logged once a minute', async () => {
  const { access, logged, clock } = await start(response => response.writeHead(500).end('{}'))
  for (const nowMs of [0, 30_000, 59_999, 60_000, 119_999]) {
    clock.nowMs = nowMs
    await judge(access)
  }
  expect(logged).toHaveLength(2)
})

test('nobody is asked about a user who is not known', async () => {
  const { access } = await start(said({ allowed: true }))
  const options = { signal: AbortSignal.timeout(60_000) }
  expect(await access.mayRead(undefined, { kind: 'ARecord', namespace: 'default' }, options)).toBe(false)
  expect(api.requests).toEqual([])
})

test('an answer holds for 5 s, of the user and the scope that it is about; a fault is no answer', async () => {
  let isFaulty = true
  const { access, clock } = await start(response =>
    isFaulty ? response.writeHead(500).end('{}') : said({ allowed: true })(response),
  )
  const ask = (username: string, kind = 'ARecord') =>
    access.mayRead({ username }, { kind, namespace: 'default' }, { signal: AbortSignal.timeout(60_000) })
  expect(await ask('maker')).toBe(false)
  isFaulty = false
  expect([await ask('maker'), await ask('maker'), api.requests.length]).toEqual([true, true, 2])
  expect([await ask('other'), await ask('maker', 'MXRecord'), api.requests.length]).toEqual([true, true, 4])
  clock.nowMs = 4_999
  expect([await ask('maker'), api.requests.length]).toEqual([true, 4])
  clock.nowMs = 5_000
  expect([await ask('maker'), api.requests.length]).toEqual([true, 5])
})
