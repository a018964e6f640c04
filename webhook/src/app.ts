import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import type { Log } from '#kube'
import type { Metrics } from './metrics.ts'
import { type Call, failurePolicies } from './registration.ts'
import { decodeReview, encodeReview, type Review, ReviewError, uidOf, type Verdict } from './review.ts'

/** An object and its old self come in one body: more than 2 MB where each is near the API server's limit. */
const BODY_LIMIT = '4mb'

/** What answers reviews of one kind on one path. */
export interface Route {
  readonly path: string
  readonly kind: string
  /** What is asked there, where it is not a deletion. */
  readonly call: 'mutate' | 'validate'
  readonly judge: (review: Review) => Verdict | Promise<Verdict>
}

export interface AppOptions {
  readonly routes: readonly Route[]
  readonly metrics: Metrics
  readonly log: Log
  /** What the webhook still waits for before it can judge; empty when it is ready. */
  readonly waitsFor: () => readonly string[]
}

/** The HTTP side of the webhook: reviews, probes and metrics. Whatever is sent, an AdmissionReview comes back. */
export function admissionApp({ routes, metrics, log, waitsFor }: AppOptions): Express {
  const app = express()
  app.disable('x-powered-by').disable('etag').set('query parser', false)
  app.get('/healthz', (_request, response) => void response.send('ok'))
  app.get('/readyz', (_request, response) => {
    const waiting = waitsFor()
    response.status(waiting.length > 0 ? 503 : 200).send(waiting.length > 0 ? `waits for ${waiting.join(', ')}` : 'ok')
  })
  app.get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.text())
  })
  const json = express.json({ limit: BODY_LIMIT, inflate: false })
  for (const route of routes) {
    app.post(route.path, counted(route, metrics), json, answer(route, log), failure(route))
  }
  app.use((_request, response) => void response.status(404).send('not found'))
  app.use(((_error, _request, response, _next) => void response.status(500).send('error')) as ErrorRequestHandler)
  return app
}

function counted({ path }: Route, metrics: Metrics): RequestHandler {
  return (_request, response, next) => {
    const end = metrics.begin(path)
    response.once('close', () => end(response.statusCode))
    next()
  }
}

function answer(route: Route, log: Log): RequestHandler {
  return async (request, response) => {
    const uid = uidOf(request.body)
    let call: Call = route.call
    try {
      const review = decodeReview(request.body, route.kind)
      if (review.operation === 'DELETE') call = 'delete'
      const verdict = await route.judge(review)
      response.json(encodeReview(uid, verdict, { kind: route.kind, name: review.name }))
    } catch (error) {
      const isTheirs = error instanceof ReviewError
      if (!isTheirs) log.error('Review not judged', { path: route.path, uid, error })
      const why = isTheirs ? error.message : 'Cannot judge the object: the webhook has a fault, which its log names'
      response.status(uid === '' ? 400 : 200).json(unjudged(call, uid, { code: isTheirs ? 400 : 500, message: why }))
    }
  }
}

// The body is too large, broken off, or no JSON: there is no uid to echo.
function failure(route: Route): ErrorRequestHandler {
  return (error, _request, response, _next) => {
    const code = Number.isInteger(error?.status) ? (error.status as number) : 500
    const message = `Cannot read the AdmissionReview: ${error?.message ?? code}`
    response.status(code).json(unjudged(route.call, '', { code, message }))
  }
}

// The answer that the API server gives itself when the webhook is away.
function unjudged(call: Call, uid: string, why: { code: number; message: string }): object {
  return encodeReview(uid, failurePolicies[call] === 'Ignore' ? { allowed: true } : { allowed: false, ...why })
}
