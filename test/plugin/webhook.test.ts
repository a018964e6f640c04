import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { judgeAuthority } from '../../plugin/src/check/authority.ts'
import { type RunningApiServer, until } from '../cluster/index.ts'
import { apply, RunningWebhook, startCluster, thing, zone } from '../webhook/webhook.ts'
import { BuiltPlugin, screen } from './kubectlbindy.ts'
import { Session } from './session.ts'

/* What status and check say of the webhook: before there is one, while it runs, and when it is gone. */

const plugin = new BuiltPlugin()
let api: RunningApiServer
let webhook: RunningWebhook
beforeAll(async () => {
  ;[api] = await Promise.all([startCluster(), plugin.build()])
})
afterAll(async () => {
  await api?.stop()
  await plugin.remove()
})

const bindyOf = (words: readonly string[]) => plugin.run(words, { KUBECONFIG: api.kubeconfig })
const bindy = (words: string) => bindyOf(words.split(' '))

// Whoever refuses a deletion, whatever the object says, and changes that are not allowed.
const keepZones = (message: string, allowed: string) => `{
  "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": { "name": "keep-zones" },
  "spec": {
    "matchConstraints": { "resourceRules": [{
      "apiGroups": ["bindy.firestoned.io"], "apiVersions": ["*"], "resources": ["dnszones"], "operations": ["DELETE", "UPDATE"]
    }] },
    "validations": [{ "expression": "request.operation == 'UPDATE' && ${allowed}", "message": "${message}" }]
  }
}
---
{
  "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
  "metadata": { "name": "keep-zones" }, "spec": { "policyName": "keep-zones", "validationActions": ["Deny"] }
}`

const check = async (words = '') => {
  const { stdout, stderr } = await bindy(`check -o json ${words}`.trim())
  const { results } = JSON.parse(stdout) as { results: { id: string; state: string; text: string; fix?: string }[] }
  return { stderr, ...results.find(({ id }) => id === 'BND-C021') }
}

test('without a webhook both say that there is none', async () => {
  expect((await bindy('status')).stdout).toMatch(/^Bindy .* webhook - /)
  expect(await check()).toMatchObject({ stderr: '', state: 'warning', text: expect.stringMatching(/^no webhook/) })
})

test('while it runs, check has it answer and leaves nothing behind', async () => {
  webhook = await RunningWebhook.start(api.kubeconfig)
  expect((await bindy('status')).stdout).toMatch(/^Bindy .* webhook registered /)
  const { controlPlane } = JSON.parse((await bindy('status -o json')).stdout)
  expect(controlPlane.webhook).toEqual({ value: { failsClosed: true } })
  expect(await check()).toMatchObject({
    stderr: '',
    state: 'ok',
    text: expect.stringMatching(/^webhook answers a dry-run create \(\d+ ms\)$/),
  })
  expect((await api.kubectl(['get', 'arecords', '-A', '-o', 'name'])).stdout).toBe('')
})

test('check --only looks at the parts that are named alone', async () => {
  const only = async (parts: string) =>
    (await bindy(`check --only ${parts}`)).stdout.match(/^[a-z]+$|\[BND-C\d+\]$|webhook answers|authority holds/gm)
  expect(await only('webhook')).toEqual(['webhook', 'webhook answers', 'authority holds'])
  expect(await only('controller')).toEqual(['controller', '[BND-C011]'])
})

test.each([
  ['no PEM', 'authority'],
  ['no certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
])('check calls a caBundle with %s a fault', (_, bundle) => {
  expect(judgeAuthority(Buffer.from(bundle).toString('base64'), Date.now())).toMatchObject([
    { id: 'BND-C022', state: 'failed', text: "the webhook's caBundle holds no certificate" },
  ])
})

test('while it runs, check says how long the API server will trust it', async () => {
  expect((await bindy('check')).stdout).toMatch(/^✔ the webhook's authority holds for 364d\d+h$/m)
  const path = 'jsonpath={.webhooks[0].clientConfig.caBundle}'
  const bundle = (await api.kubectl(['get', 'validatingwebhookconfiguration', 'bindy-validate', '-o', path])).stdout
  const after = (days: number) => judgeAuthority(bundle, Date.now() + days * 86_400_000)[0]
  expect(after(300)).toMatchObject({ state: 'warning', text: expect.stringContaining('has not been renewed') })
  expect(after(366)).toMatchObject({ state: 'failed', text: expect.stringContaining('expired on') })
})

const www = { zone: 'example.com', name: 'www', ipv4Address: '192.0.2.1' }
const untilKept = () =>
  until('the webhook knows of the zone and of its record', async () => {
    return (await bindy('zone delete example.com --dry-run=server')).code === 4
  })

describe('a zone that has records', () => {
  const annotations = async () =>
    (await api.kubectl(['get', 'dnszone', 'example-com', '-o', 'jsonpath={.metadata.annotations}'])).stdout

  beforeAll(async () => {
    expect((await apply(api, [zone('example.com'), thing('ARecord', 'www', www)])).code).toBe(0)
    await untilKept()
  })

  test('is not deleted unasked, and the refusal says what lets it go and which rule it is', async () => {
    expect(await bindy('zone delete example.com')).toEqual({
      code: 4,
      stdout: '',
      stderr: expect.stringMatching(
        /^Error from server \(Forbidden\): .* still has a record.*\n {2}fix: add --yes to delete it all the same\n {2}see: docs\/rules.md, BND-R044\n$/,
      ),
    })
    expect((await bindy('zone delete example.com --dry-run=server')).code).toBe(4)
  })

  test('is left as it is by a dry run with --yes', async () => {
    const { code, stdout } = await bindy('zone delete example.com --yes --dry-run=server')
    expect([code, stdout]).toEqual([0, 'dnszone.bindy.firestoned.io/example-com deleted (server dry run)\n'])
    expect(await annotations()).not.toContain('confirm-delete')
  })

  const inTerminal = (typed: string) =>
    plugin.answering(typed, ['zone', 'delete', 'example.com'], { KUBECONFIG: api.kubeconfig })

  test.each([
    ['no', 'n\n'],
    ['nothing', '\x04'],
  ])('stays where a person says %s', async (_, typed) => {
    const { code, shown } = await inTerminal(typed)
    expect([code, shown]).toEqual([1, expect.stringContaining('Nothing was done: the answer was no\n')])
    expect(await annotations()).not.toContain('confirm-delete')
  })

  test('goes where a person says yes', async () => {
    const { code, shown } = await inTerminal('y\n')
    expect([code, shown]).toEqual([
      0,
      expect.stringContaining('example.com still has records. Delete it all the same?'),
    ])
    expect(shown).toContain('dnszone.bindy.firestoned.io/example-com deleted')
    expect((await api.kubectl(['get', 'dnszones', '-o', 'name'])).stdout).toBe('')
  })

  describe('that --yes does not let go', () => {
    const refusal = async () => (await api.kubectl(['delete', 'dnszone', 'example-com', '--dry-run=server'])).stderr
    const keep = async (message: string, allowed = 'true') => {
      expect((await api.kubectl(['apply', '-f', '-'], { input: keepZones(message, allowed) })).code).toBe(0)
      await until('zones are kept', async () => (await refusal()).includes(message))
    }

    beforeAll(async () => {
      await apply(api, [zone('example.com')])
    })
    afterAll(async () => {
      const kinds = ['validatingadmissionpolicy', 'validatingadmissionpolicybinding']
      await api.kubectl(['delete', ...kinds.map(kind => `${kind}/keep-zones`)])
      await until('zones may go', async () => !(await refusal()).includes('kept'))
      await api.kubectl([
        'annotate',
        'dnszone',
        'example-com',
        'bindy.firestoned.io/confirm-delete=true',
        '--overwrite',
      ])
      await api.kubectl(['delete', 'dnszone', 'example-com'])
    })

    test('for another reason than its records is not written into', async () => {
      await keep('zones are kept')
      const stored = async () => (await api.kubectl(['get', 'dnszone', 'example-com', '-o', 'yaml'])).stdout
      const before = await stored()
      const { code, stdout, stderr } = await bindy('zone delete example.com --yes')
      expect([code, stdout, stderr]).toEqual([4, '', expect.stringContaining('zones are kept')])
      expect(await stored()).toBe(before)
    })

    test('is not said to be deleted, and is no more confirmed than before', async () => {
      await keep('zones are kept [BND-R044]')
      const { code, stdout, stderr } = await bindy('zone delete example.com --yes')
      expect([code, stdout, stderr]).toEqual([4, '', expect.stringContaining('zones are kept [BND-R044]')])
      expect(await annotations()).not.toContain('confirm-delete')
    })

    test('stays confirmed where that cannot be taken back, and it is said how it can', async () => {
      await keep('zones are kept so [BND-R044]', "'bindy.firestoned.io/confirm-delete' in object.metadata.annotations")
      const { code, stderr } = await bindy('zone delete example.com --yes')
      expect([code, stderr]).toEqual([
        4,
        expect.stringMatching(
          /kept so \[BND-R044\]\n {2}fix: kubectl annotate dnszone example-com -n default bindy\.firestoned\.io\/confirm-delete-\n/,
        ),
      ])
      expect(await annotations()).toContain('"bindy.firestoned.io/confirm-delete":"true"')
    })

    test('stays confirmed where it was before', async () => {
      await keep('zones are kept [BND-R044]')
      expect(await bindy('zone delete example.com --yes')).toMatchObject({ code: 4 })
      expect(await annotations()).toContain('"bindy.firestoned.io/confirm-delete":"true"')
    })
  })

  test('goes with --yes', async () => {
    await apply(api, [zone('example.com')])
    await untilKept()
    expect(await bindy('zone delete example.com --yes')).toMatchObject({ code: 0, stderr: '' })
  })
})

describe.each([80, 120])('in a terminal of %i columns it looks as kept', columns => {
  const session = () => new Session(words => plugin.pty(words, { columns, env: { KUBECONFIG: api.kubeconfig } }))

  test('when the webhook refuses a record, and warns of one', async () => {
    await apply(api, [
      zone('example.com'),
      thing('TXTRecord', 'spf', { zone: 'example.com', name: '@', text: ['v=spf1 mx -all'] }),
    ])
    const add = ['record', 'add', 'example.com', 'TXT', 'v=spf1 include:example.net -all']
    await until('the webhook knows of both', async () => (await bindyOf([...add, '--dry-run=server'])).code === 4)
    const seen = session()
    await seen.give(add)
    await seen.give('record add mail.example.com CNAME mail.example.com')
    await seen.give('record add web.example.com A 192.0.2.1 --ttl 5 --dry-run=server')
    await seen.give('record set example.com TXT v=spf1 --dry-run=server')
    const create = 'zone create example.net --cluster-ref dns --primary-ns ns1.example.net. --dry-run=server'
    await seen.give(`${create} --admin-email me`)
    await seen.give(`${create} --admin-email me@example.net --refresh 1h --retry 2h --expire 30m`)
    await seen.give(`${create} --admin-email me@example.net`)
    const { seen: now, kept } = screen(`refused-${columns}`, seen.text)
    expect(now).toBe(kept)
  }, 180_000)

  test('when a zone is deleted that has records', async () => {
    await apply(api, [zone('example.com'), thing('ARecord', 'www', www)])
    await untilKept()
    const seen = session()
    await seen.give('zone delete example.com --dry-run=server')
    await seen.give('zone delete example.com', { answer: 'n' })
    await seen.give('zone delete example.com', { answer: 'y' })
    const { seen: now, kept } = screen(`zone-delete-${columns}`, seen.text)
    expect(now).toBe(kept)
  }, 180_000)
})

test('an import shows each of its warnings once, above its progress, and none of the zone that it brings', async () => {
  const file = join(plugin.directory, 'zone')
  const soa =
    '$TTL 1h\n@ SOA ns1.example.net. host.example.net. 1 1h 10m 2w 5m\n@ NS ns1.example.net.\n@ NS ns2.example.org.\n'
  writeFileSync(file, `${soa}$GENERATE 1-20 h-$ 5 A 192.0.2.$\n`)
  const words = `zone import example.com -f ${file} --cluster-ref dns`
  const { shown } = await plugin.answering('n\r', words.split(' '), { KUBECONFIG: api.kubeconfig })
  const lines = shown.split('\n')
  const end = lines.findIndex(line => line.endsWith('[BND-W022]'))
  expect(shown.match(/^Warning: spec\.clusterRef: /gm)).toHaveLength(1)
  expect(lines[end + 1]).toMatch(/^checking █+ 21\/21 /)
  expect(shown.match(/^checking /gm)).toHaveLength(1)

  const { code, stdout, stderr } = await bindy(`${words} --yes`)
  expect([code, stdout]).toEqual([0, expect.stringContaining('21 objects written')])
  expect(stdout.match(/^ +ARecord h-\d+\S*: spec\.ttl: Invalid value: 5: /gm)).toHaveLength(10)
  expect(stderr).toMatch(/^Warning: spec\.clusterRef: [^\n]* \[BND-W022\]\n$/)
})

describe('an import with --prune makes room first, and back again', () => {
  interface State {
    readonly records: string
    /** What the webhook refuses beside them. */
    readonly refuses: readonly [kind: string, spec: Record<string, unknown>]
  }
  const cases: [title: string, one: State, other: State][] = [
    [
      'for a CNAME',
      { records: 'www A 192.0.2.1', refuses: ['CNAMERecord', { name: 'www', target: 'a.example.net.' }] },
      { records: 'www CNAME a.example.net.', refuses: ['ARecord', { name: 'www', ipv4Address: '192.0.2.1' }] },
    ],
    [
      'for a delegation',
      {
        records: 'a.sub A 192.0.2.1\nb.sub A 192.0.2.2',
        refuses: ['NSRecord', { name: 'sub', nameserver: 'ns.example.net.' }],
      },
      { records: 'sub NS ns.example.net.', refuses: ['ARecord', { name: 'c.sub', ipv4Address: '192.0.2.1' }] },
    ],
    [
      'for an MX that says that there is no mail',
      {
        records: 'mail MX 1 a.example.net.\nmail MX 2 b.example.net.',
        refuses: ['MXRecord', { name: 'mail', priority: 0, mailServer: '.' }],
      },
      {
        records: 'mail MX 0 .',
        refuses: ['MXRecord', { name: 'mail', priority: 3, mailServer: 'c.example.net.' }],
      },
    ],
  ]
  const file = join(plugin.directory, 'turned')
  const soa = '$TTL 1h\n@ SOA ns1.example.net. host.example.net. 1 1h 10m 2w 5m\n@ NS ns1.example.net.\n'
  const turn = ({ records }: State, words = '') => {
    writeFileSync(file, `${soa}${records}\n`)
    return bindy(`zone import example.org -f ${file} --cluster-ref dns --prune --yes ${words}`.trim())
  }
  const standing = async () => (await api.kubectl(['get', 'bindy', '-o', 'name'])).stdout.match(/.*example\.org.*/g)
  const untilKnown = ({ refuses: [kind, spec] }: State) =>
    until('the webhook knows of it', async () => {
      const probe = thing(kind, 'probe', { zone: 'example.org', ...spec })
      return (await apply(api, [probe], ['--dry-run=server'])).stderr.includes('[BND-R')
    })

  test.each(cases)('%s', async (_, one, other) => {
    expect(await turn(one)).toMatchObject({ code: 0 })
    await untilKnown(one)
    const before = await standing()
    expect(await turn(other, '--dry-run=server')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('would be'),
    })
    expect(await standing()).toEqual(before)
    expect(await turn(other)).toMatchObject({ code: 0 })
    await untilKnown(other)
    expect((await turn(other)).stdout).toContain('Nothing to write')
    expect(await turn(one)).toMatchObject({ code: 0 })
    expect((await turn(one)).stdout).toContain('Nothing to write')
    await untilKnown(one)
  })
})

test('where it cannot be asked, check does not say that it answers', async () => {
  expect(await check('-n nowhere')).toMatchObject({
    state: 'unknown',
    text: expect.stringMatching(/"nowhere" not found/),
  })
})

test('when it is gone, check says so, and what lets changes in until it is back', async () => {
  await webhook.stop()
  expect(await check()).toMatchObject({
    state: 'failed',
    text: expect.stringMatching(/failed calling webhook .* connection refused/),
    fix: expect.stringContaining('kubectl delete validatingwebhookconfiguration bindy-validate'),
  })
})
