import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** What Prometheus reads of the webhook, under controller-runtime's names, so that dashboards made for those fit. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #latency = new Histogram({
    name: 'controller_runtime_webhook_latency_seconds',
    help: 'Histogram of the latency of processing admission requests',
    labelNames: ['webhook'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [this.#registry],
  })
  readonly #requests = new Counter({
    name: 'controller_runtime_webhook_requests_total',
    help: 'Total number of admission requests by HTTP status code.',
    labelNames: ['webhook', 'code'],
    registers: [this.#registry],
  })
  readonly #inFlight = new Gauge({
    name: 'controller_runtime_webhook_requests_in_flight',
    help: 'Current number of admission requests being served.',
    labelNames: ['webhook'],
    registers: [this.#registry],
  })
  readonly #expiry = new Gauge({
    name: 'bindy_webhook_certificate_expiration_timestamp_seconds',
    help: 'When the certificate that is served, and the authority that signed it, expire, in seconds since 1970.',
    labelNames: ['certificate'],
    registers: [this.#registry],
  })

  /** A request has come in on a path; the function returned is to hear the HTTP status of its answer. */
  begin(webhook: string): (code: number) => void {
    const startMs = performance.now()
    this.#inFlight.inc({ webhook })
    return code => {
      this.#inFlight.dec({ webhook })
      this.#requests.inc({ webhook, code })
      this.#latency.observe({ webhook }, (performance.now() - startMs) / 1000)
    }
  }

  expires(certificate: 'serving' | 'authority', atMs: number): void {
    this.#expiry.set({ certificate }, atMs / 1000)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }
}
