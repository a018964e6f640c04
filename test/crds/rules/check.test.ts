import { describe, expect, test } from '@jest/globals'
import { type CheckOptions, check, checkDelete, type Finding, ObjectIndex, printFinding, wholeOf } from '#crds'
import { address, alias, record, stored, zone } from './objects.ts'

const ids = (found: readonly Finding[]) => found.map(({ rule }) => rule)
const text = (object: unknown, options: CheckOptions) => check(object, options).map(printFinding).join('\n')

describe('check()', () => {
  test('tells every fault at once, errors first, in the order of the rules', () => {
    const bad = record('MXRecord', 'a_b', { ttl: 5, priority: 1, mailServer: '192.0.2.1' })
    expect(ids(check(bad))).toEqual(['BND-R003', 'BND-R006', 'BND-W006'])
  })

  test('leaves what is no object of ours alone', () => {
    for (const other of [undefined, null, 5, 'x', [], {}, { kind: 'Pod', spec: {} }, { kind: 'constructor' }])
      expect(check(other)).toEqual([])
  })

  test('counts a new state of an object as the youngest, however old the object is', () => {
    const others = ObjectIndex.of([stored(zone()), stored(alias('www'), 2), stored(address('mail'), 1)])
    const moved = stored(address('www', '192.0.2.10', { name: 'arecord-mail' }), 1)
    expect(ids(check(moved, { others, old: stored(address('mail'), 1) }))).toEqual(['BND-R023'])
  })

  test('counts an object that the index holds as it came', () => {
    const [first, second] = [address('www'), alias('www')]
    const others = ObjectIndex.of([zone(), first, second])
    expect(ids(check(first, { others }))).toEqual([])
    expect(ids(check(second, { others }))).toEqual(['BND-R023'])
  })

  test('does not hold an object against itself', () => {
    const others = ObjectIndex.of([stored(zone()), stored(address('www'))])
    expect(check(address('www', '192.0.2.99'), { others })).toEqual([])
  })

  test('sees what a zone takes alone', () => {
    const elsewhere = stored(address('www', '192.0.2.1', { namespace: 'web' }))
    expect(check(alias('www'), { others: ObjectIndex.of([stored(zone()), elsewhere]) })).toEqual([])
    const open = stored(zone({ allowedNamespaces: ['web'] }))
    expect(ids(check(alias('www'), { others: ObjectIndex.of([open, elsewhere]) }))).toEqual(['BND-R023'])
  })

  test("holds the zone's own data against a record", () => {
    const own = zone({ soaRecord: { primaryNs: 'ns1.example.com.', adminEmail: 'dns@example.com' } })
    expect(text(alias('ns1'), { others: ObjectIndex.of([own]) })).toContain('the zone itself has data there')
  })
})

describe('check() takes', () => {
  test('an NS of the apex that gives no ttl, as its zone gives none', () => {
    const apex = record('NSRecord', '@', { nameserver: 'ns2.example.net.' })
    expect(check(apex, { others: ObjectIndex.of([zone()]) })).toEqual([])
  })

  test("the RNAME of BIND's own db.local", () => {
    const local = { primaryNs: 'localhost.', adminEmail: 'root.localhost.' }
    expect(check(zone({ zoneName: 'localhost', soaRecord: local }))).toEqual([])
    expect(ids(check(zone({ soaRecord: { ...local, adminEmail: 'root@localhost' } })))).toEqual(['BND-R034'])
  })
})

describe('check() of a host that is a CNAME in another zone', () => {
  const other = zone({ zoneName: 'example.net' }, { name: 'net' })
  const hidden = zone({ zoneName: 'example.net' }, { name: 'net', namespace: 'vault' })
  const host = record('CNAMERecord', 'ns', { zone: 'example.net', target: 'www.example.org.' })
  const warned = 'is a CNAME; name the host behind it'
  const naming: [what: string, object: unknown][] = [
    ['an MX', record('MXRecord', '@', { priority: 1, mailServer: 'ns.example.net.' })],
    ['an NS', record('NSRecord', 'lab', { nameserver: 'ns.example.net.' })],
    ['a zone', zone({ nameServers: [{ hostname: 'ns.example.net.' }] })],
  ]

  test.each(naming)('warns %s that names it, and the CNAME that comes after', (_, object) => {
    const own = stored(zone())
    expect(text(object, { others: ObjectIndex.of([own, other, host]) })).toContain(warned)
    const after = ObjectIndex.of([own, other, object])
    expect(ids(check(host, { others: after }))).toEqual(['BND-W029'])
  })

  test.each(naming)('says nothing to %s where the zone is private to others', (_, object) => {
    const there = { ...host, metadata: { ...host.metadata, namespace: 'vault' } }
    const others = ObjectIndex.of([stored(zone()), hidden, there])
    expect(text(object, { others, mayRead: () => false })).not.toContain(warned)
    expect(text(object, { others, mayRead: () => true })).toContain(warned)
  })
})

describe('check() of a record whose zone is still to come', () => {
  const spf = (name: string) => record('TXTRecord', '@', { text: ['v=spf1 -all'] }, { name })
  const mx = record('MXRecord', '@', { priority: 1, mailServer: 'mail.example.com.' })
  const lab = record('NSRecord', 'lab', { nameserver: 'ns1.example.net.' })
  const short = record('ARecord', 'www', { ttl: 300, ipv4Address: '192.0.2.1' }, { name: 'short' })
  const table: [what: string, object: unknown, other: unknown, rules: string[]][] = [
    ['a CNAME beside an address', alias('www'), address('www'), ['BND-R023']],
    ['two SPF records', spf('one'), spf('other'), ['BND-R014', 'BND-W016']],
    ['an address below a delegation', address('a.lab'), lab, ['BND-R025']],
    ['an MX to a CNAME', mx, alias('mail'), ['BND-R027']],
    ['a CNAME that an MX names', alias('mail'), mx, ['BND-R028']],
    ['an MX to what may come too', mx, address('www'), []],
    ['a ttl that the zone may have too', short, address('www'), []],
    ['a record of another namespace', alias('www'), address('www', '192.0.2.1', { namespace: 'web' }), []],
  ]
  test.each(table)('sees %s', (_, object, other, rules) => {
    expect(ids(check(object, { others: ObjectIndex.of([other]) }))).toEqual([...rules, 'BND-W021'].sort())
  })
})

describe('check() of names and texts', () => {
  const caa = (tag: string, value: string) => record('CAARecord', '@', { flags: 0, tag, value })
  const txt = (name: string, text: string, metadata: object = {}) =>
    record('TXTRecord', name, { text: [text] }, metadata)
  const first = (name: string, text: string) => [zone(), txt(name, text, { name: 'first' })]
  const table: [what: string, object: unknown, others: unknown[], rules: string[]][] = [
    ['a key of DKIM', alias('s1_a._domainkey'), [], []],
    ['a wildcard', alias('*.lab'), [], []],
    ['a name of RFC 2317', record('NSRecord', '0/25', { nameserver: 'ns1.example.net.' }), [], []],
    ['a "_" inside a label', record('NSRecord', 'my_lab', { nameserver: 'ns1.example.net.' }), [], ['BND-W035']],
    ['a "$" in a label', alias('my$site'), [], ['BND-W035']],
    ['an instance of a service', alias('printer', String.raw`My\032Printer._ipp._tcp.example.net.`), [], []],
    ['a space in a target', alias('printer', String.raw`My\032Printer.example.net.`), [], ['BND-W036']],
    ['an issuer of mark certificates', caa('issuevmc', 'ca.example.net'), [], []],
    ['none of them', caa('issuevmc', 'https://ca.example.net/'), [], ['BND-R018']],
    ['two DMARC records', txt('_dmarc', 'v = DMARC1;p=none'), first('_dmarc', 'v=DMARC1; p=reject'), ['BND-R054']],
    ['what is no DMARC record', txt('_dmarc', 'v=DMARC10; p=none'), first('_dmarc', 'v=DMARC1; p=none'), []],
    ['two at another name', txt('www', 'v=DMARC1; p=none'), first('www', 'v=DMARC1; p=reject'), []],
    [
      'the same text twice, however long',
      record('TXTRecord', 'www', { text: Array(12).fill('x'.repeat(4000)) }),
      [zone(), record('TXTRecord', 'www', { text: Array(12).fill('x'.repeat(4000)) }, { name: 'first' })],
      ['BND-W016'],
    ],
  ]
  test.each(table)('%s', (_, object, others, rules) => {
    expect(ids(check(object, others.length > 0 ? { others: ObjectIndex.of(others) } : {}))).toEqual(rules)
  })

  const international: [text: string, fix: string | undefined][] = [
    ['bücher', 'xn--bcher-kva'],
    ['*.bücher.example.com.', '*.xn--bcher-kva.example.com.'],
    ['_x.bücher', '_x.xn--bcher-kva'],
    ['http://bücher', undefined],
    ['post@bücher', undefined],
    ['x/ü', undefined],
    [String.raw`bü\.x`, undefined],
    ['bücher:53', undefined],
    ['bücher?x', undefined],
    ['bücher#x', undefined],
    ['b%20ü', undefined],
    ['bü cher', undefined],
    ['bü\tcher', undefined],
    ['bü\u00a0cher', undefined],
    ['bücher。example', undefined],
    ['ｗｗｗ', undefined],
    ['bücher..example', undefined],
    ['ü'.repeat(60), undefined],
  ]
  test.each(international)('has a hint for %j only where it is one international name: %j', (name, fix) => {
    const [finding, ...more] = check(record('TXTRecord', name, { text: ['x'] }))
    expect({ rule: finding?.rule, fix: finding?.fix, more }).toEqual({ rule: 'BND-R001', fix, more: [] })
  })

  const mail = (mailServer: string, zone?: string) => ({
    ...record('MXRecord', '@', { zone, priority: 1, mailServer }),
  })
  const relative: [mailServer: string, zone: string | undefined, said: string, fix: string | undefined][] = [
    ['mail', 'example.com', "write 'mail.example.com.' for", 'mail.example.com.'],
    ['mail', 'Example.com.', "write 'mail.example.com.' for", 'mail.example.com.'],
    ['@', 'example.com', "write 'example.com.' for", 'example.com.'],
    ['mail', undefined, "must be a whole name, such as 'www.example.com.' [BND-R005]", undefined],
    ['@', undefined, "must be a whole name, such as 'www.example.com.' [BND-R005]", undefined],
    ['@', '.', "must be a whole name, such as 'www.example.com.' [BND-R005]", undefined],
    ['mail', 'exa mple.com', "must be a whole name, such as 'www.example.com.' [BND-R005]", undefined],
  ]
  test.each(relative)('says what %j is to be in zone %j, if it is known', (mailServer, zone, said, fix) => {
    const found = check(mail(mailServer, zone)).filter(({ field }) => field === 'spec.mailServer')
    expect(found.map(finding => [printFinding(finding), finding.fix])).toEqual([[expect.stringContaining(said), fix]])
  })

  test('leaves an empty target to the schema', () => {
    expect(check(mail('', 'example.com'))).toEqual([])
  })

  test('says of no address that it lies outside a zone whose name is none', () => {
    const nameServers = [{ hostname: 'ns1.example.net.', ipv4Address: '192.0.2.1' }, { hostname: 'ns2.example.net.' }]
    expect(ids(check(zone({ zoneName: 'exa mple.com', nameServers })))).toEqual(['BND-R030'])
  })

  test('leaves labels that are none to the schema, however many there are', () => {
    const unread = new Proxy(['x!'], {
      ownKeys: () => {
        throw new Error('All of them are listed')
      },
    })
    for (const matchLabels of [unread, 'x!', 5])
      expect(check(zone({ clusterRef: undefined, instanceSelector: { matchLabels } }))).toEqual([])
    const matchLabels = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`${i}!`, 'x']))
    expect(check(zone({ instanceSelector: { matchLabels } }))).toHaveLength(64)
  })

  test('counts the octets of a name whatever its records hold', () => {
    const big = (name: string, more: readonly unknown[] = []) =>
      record('TXTRecord', 'www', { text: [...Array(12).fill(name.repeat(4000)), ...more] }, { name })
    let deep: unknown = 'x'
    for (let i = 0; i < 20_000; i++) deep = [deep]
    expect(ids(check(big('a', [deep]), { others: ObjectIndex.of([zone(), big('b')]) }))).toEqual(['BND-R053'])
  })

  test('counts the NS records of the apex as name servers', () => {
    const only = zone({ nameServers: [{ hostname: 'ns1.example.net.' }] })
    const second = record('NSRecord', '@', { nameserver: 'ns2.example.org.' })
    expect(ids(check(only))).toEqual(['BND-W032'])
    expect(text(only, { others: ObjectIndex.of([second]) })).not.toContain('BND-W032')
  })
})

describe('check() of a zone beside its records', () => {
  const before = zone()
  const all = [stored(before), stored(address('www')), stored(address('ftp')), stored(alias('ns1'))]
  const others = ObjectIndex.of(all)
  const said = (spec: object, old = before) => {
    const found = check(zone(spec), { others, old }).filter(({ rule }) => rule !== 'BND-W022')
    return found.map(printFinding).join('\n')
  }

  test('refuses a name server that takes the name of a CNAME, once it is new', () => {
    const nameServers = [{ hostname: 'ns1.example.com.', ipv4Address: '192.0.2.1' }, { hostname: 'ns2.example.net.' }]
    expect(said({ nameServers })).toBe(
      "spec.nameServers[0].hostname: Invalid value: 'ns1.example.com.': must not be a CNAME, and CNAMERecord dns/cnamerecord-ns1 is one there: name the host behind it [BND-R052]",
    )
    expect(said({ nameServers }, zone({ nameServers }))).toBe('')
    const soaRecord = { primaryNs: 'ns1.example.com.', adminEmail: 'dns@example.com' }
    expect(said({ soaRecord })).toMatch(/^spec\.soaRecord\.primaryNs: .*\[BND-R052\]$/)
    expect(said({ soaRecord, recordPolicy: 'owned' })).toBe('')
  })

  test('counts the records that unmanaged leaves to others anew', () => {
    expect(said({ unmanaged: [{ name: '*' }] })).toMatch(
      /leaves 3 records of the zone to others, which objects keep up no more/,
    )
    expect(said({ unmanaged: [{ name: '*' }] }, zone({ unmanaged: [{ name: 'f*' }] }))).toMatch(/leaves 2 records/)
    expect(said({ unmanaged: [{ name: '*', types: ['TXT'] }] })).toBe('')
    expect(said({ unmanaged: [{ name: 'www' }] }, zone({ unmanaged: [{ name: 'www' }] }))).toBe('')
  })

  test('counts the records of a namespace that is let in no more', () => {
    const guests = ['a', 'b'].map(name => stored(address(name, '192.0.2.1', { name, namespace: 'web' })))
    const open = stored(zone({ allowedNamespaces: ['*'] }))
    const options = { others: ObjectIndex.of([open, ...all.slice(1), ...guests]), old: open }
    expect(text(zone(), options)).toMatch(/lets 2 records in no more, which will be withdrawn \[BND-W031\]/)
    expect(text(zone({ allowedNamespaces: ['web'] }), options)).not.toContain('BND-W031')
    expect(text(zone(), { ...options, mayRead: () => false })).toContain('lets records of another namespace in no more')
  })

  test('leaves it to the records to tell of a zone that stays', () => {
    const held = stored(zone({ unmanaged: [{ name: 'www' }] }))
    expect(ids(check(held, { others: ObjectIndex.of([held, ...all.slice(1)]) }))).toEqual(['BND-W022'])
  })
})

describe('check() of an update', () => {
  const bad = address('a_b')

  test('lets an object change that was bad before', () => {
    const labelled = { ...bad, metadata: { ...bad.metadata, labels: { a: 'b' } } }
    expect(check(labelled, { old: bad })).toEqual([])
    expect(check(address('a_b', '192.0.2.99'), { old: bad })).toEqual([])
  })

  test('tells a fault that is new, beside one that is not', () => {
    expect(ids(check(address('a_b', '192.0.2.256'), { old: bad }))).toEqual(['BND-R010'])
    expect(ids(check(address('a_c'), { old: bad }))).toEqual(['BND-R003'])
  })

  test('tells an old fault again where the object moves to another name', () => {
    const others = ObjectIndex.of([
      stored(zone()),
      stored(zone({ zoneName: 'example.net' }, { name: 'net' })),
      stored(address('www')),
    ])
    const there = record('ARecord', 'www', { zone: 'example.net', ipv4Address: '192.0.2.1' }, { name: 'there' })
    const index = ObjectIndex.of([
      stored(zone()),
      stored(zone({ zoneName: 'example.net' }, { name: 'net' })),
      stored(address('www')),
      stored(there),
    ])
    const before = stored(alias('www', 'www.example.org.'))
    const after = { ...before, spec: { ...before.spec, zone: 'example.net' } }
    expect(ids(check(before, { others, old: before }))).toEqual([])
    expect(ids(check(after, { others: index, old: before }))).toEqual(['BND-R023'])
  })

  const moved = (spec: object) => record('ARecord', 'www.example.com.', { ipv4Address: '192.0.2.1', ...spec })
  const timers = (soa: object) => {
    const soaRecord = { primaryNs: 'ns1.example.net.', adminEmail: 'dns@example.com', ...soa }
    return zone({ soaRecord })
  }
  const worse: [what: string, before: object, after: object, rules: string[]][] = [
    [
      'of a record outside its zone, which names another',
      moved({ zone: 'example.net' }),
      moved({ zone: 'example.org' }),
      ['BND-R002'],
    ],
    [
      'of a record at another name',
      address('a_b'),
      record('ARecord', 'c.a_b', { ipv4Address: '192.0.2.10' }),
      ['BND-R003'],
    ],
    [
      'of retry, against a shorter refresh',
      timers({ refresh: 900, retry: 900 }),
      timers({ refresh: 600, retry: 900 }),
      ['BND-R035'],
    ],
    [
      'of expire, against a longer refresh',
      timers({ refresh: 604_800, retry: 900 }),
      timers({ refresh: 604_900, retry: 900 }),
      ['BND-R036'],
    ],
  ]
  test.each(worse)('tells an old fault again that is a worse one: %s', (_, before, after, rules) => {
    const errors = (options: CheckOptions) => check(after, options).filter(({ severity }) => severity === 'error')
    expect(ids(errors({ old: before }))).toEqual(rules)
    expect(errors({ old: after })).toEqual([])
  })

  test('repeats warnings, and takes an old object of any shape', () => {
    const short = record('ARecord', 'www', { ttl: 5, ipv4Address: '192.0.2.1' })
    expect(ids(check(short, { old: short }))).toEqual(['BND-W006'])
    for (const old of [null, 5, {}, { spec: 5 }, []]) expect(ids(check(bad, { old }))).toEqual(['BND-R003'])
  })
})

describe('check() of a change to an object that stays as old as it was', () => {
  const text = (name: string, value = 'v=spf1 -all') => record('TXTRecord', name, { text: [value] }, { name: 'text' })
  const mx = (mailServer: string) => record('MXRecord', '@', { priority: 1, mailServer }, { name: 'mx' })
  const host = (name: string, spec: object = {}) =>
    record('ARecord', name, { ipv4Address: '192.0.2.10', ...spec }, { name: 'host' })
  const ns = (nameserver: string) => record('NSRecord', 'lab', { nameserver })
  type Changed = ReturnType<typeof record>
  const found = (before: Changed, after: Changed, ...others: unknown[]) => {
    const old = stored(before, 1)
    const state = { ...after, metadata: old.metadata } as Changed
    return check(state, { others: ObjectIndex.of([stored(zone()), old, ...others]), old }).map(printFinding)
  }
  const wild = stored(address('*'), 2)
  const mail = stored(mx('mail.example.com.'), 3)
  const late = stored(address('host.lab'), 5)

  const taken = (name: string, object: string) =>
    `spec.name: Invalid value: '${name}': must not take ${object}, which came later, from DNS: put this into a new object [BND-R055]`
  const table: [what: string, before: Changed, after: Changed, others: unknown[], found: string[]][] = [
    [
      'that hides the address of a host that a younger MX names',
      text('foo'),
      text('mail'),
      [wild, mail],
      [taken('mail', 'MXRecord dns/mx')],
    ],
    ['beside an address of the host', text('foo'), text('mail'), [wild, mail, stored(address('mail'), 4)], []],
    ['that did so before', text('mail'), text('mail', 'v=spf1 mx -all'), [wild, mail], []],
    [
      'to name a host whose address a younger record hides',
      mx('mx.example.net.'),
      mx('mail.example.com.'),
      [wild, stored(text('mail'), 5)],
      [taken('@', 'TXTRecord dns/text')],
    ],
    [
      'to a wildcard that an older MX would rely on',
      host('a'),
      host('*.b'),
      [stored(mx('host.b.example.com.'), 2), stored(text('host.b'), 4)],
      [taken('*.b', 'TXTRecord dns/text')],
    ],
    [
      'to the address that an older NS lacked',
      host('a'),
      host('ns1.lab'),
      [stored(ns('ns1.lab.example.com.'), 2), late],
      [taken('ns1.lab', 'ARecord dns/arecord-host.lab')],
    ],
    ['of the ttl of the oldest', host('www'), host('www', { ttl: 300 }), [stored(address('www', '192.0.2.2'), 2)], []],
  ]
  test.each(table)('hears what it takes from DNS: one %s', (_, before, after, others, said) => {
    expect(found(before, after, ...others)).toEqual(said)
  })

  test('hears of the ttl of another where that one is older', () => {
    const older = stored(record('ARecord', 'www', { ttl: 60, ipv4Address: '192.0.2.2' }))
    expect(found(host('www', { ttl: 60 }), host('www', { ttl: 300 }), older)).toEqual([
      expect.stringMatching(
        /^spec\.ttl: Invalid value: 300: is not that of ARecord dns\/arecord-www, .* \[BND-W015\]$/,
      ),
    ])
  })

  test('is told of its age alone, and not of that of an object that had its name before', () => {
    const old = stored(text('foo'), 1)
    const anew = { ...text('mail'), metadata: { ...old.metadata, uid: 'another' } }
    const others = ObjectIndex.of([stored(zone()), old, wild, mail])
    expect(ids(check(anew, { others }))).toEqual(['BND-W039'])
  })
})

const server = (namespace: string) => {
  const external = { address: '192.0.2.53', rndcSecretRef: { name: 'rndc' }, tsigSecretRef: { name: 'tsig' } }
  const spec = { role: 'primary', clusterRef: 'servers', external }
  return stored(wholeOf({ kind: 'Bind9Instance', metadata: { namespace }, spec }, 'ns1'))
}

describe('who may not read a namespace', () => {
  const secret = { namespace: 'vault', name: 'hidden' }
  const taker = stored(zone({ allowedNamespaces: ['*'] }))
  const cases: [what: string, object: unknown, others: unknown[]][] = [
    ['a name that is taken', alias('www'), [taker, stored(address('www', '192.0.2.1', secret))]],
    [
      'a delegation',
      address('a.lab'),
      [taker, stored(record('NSRecord', 'lab', { nameserver: 'ns.example.net.' }, secret))],
    ],
    [
      'records below',
      record('NSRecord', 'lab', { nameserver: 'ns.example.net.' }),
      [taker, stored(address('a.lab', '192.0.2.1', secret))],
    ],
    [
      'another TTL',
      record('ARecord', 'www', { ttl: 60, ipv4Address: '192.0.2.1' }),
      [taker, stored(address('www', '192.0.2.2', secret))],
    ],
    ['the same record', address('www'), [taker, stored(address('www', '192.0.2.10', secret))]],
    [
      'an MX to it',
      alias('mail'),
      [taker, stored(record('MXRecord', '@', { priority: 1, mailServer: 'mail.example.com.' }, secret))],
    ],
    ['a zone of the name', zone(), [stored(zone({}, secret))]],
    ['a zone above', zone({ zoneName: 'lab.example.com' }), [stored(zone({}, secret))]],
    ['a zone that lets nobody in', address('www'), [stored(zone({}, secret))]],
    [
      'a child zone',
      address('a.lab'),
      [taker, server('dns'), server('vault'), stored(zone({ zoneName: 'lab.example.com' }, secret))],
    ],
  ]

  test.each(cases)('hears of %s without its name', (_, object, all) => {
    const others = ObjectIndex.of(all)
    const said = text(object, { others, mayRead: () => false })
    expect(said).toMatch(/of another namespace/)
    expect(said).not.toMatch(/vault|hidden/)
    expect(text(object, { others, mayRead: (_kind, namespace) => namespace === 'vault' })).toContain('vault/hidden')
    expect(text(object, { others })).toContain('vault/hidden')
  })

  test('is told how many records a child zone hides, of those that it may read', () => {
    const hidden = (count: number, metadata: object) =>
      Array.from({ length: count }, (_, i) => {
        const name = `${(metadata as { name?: string }).name ?? 'host'}-${i}`
        return stored(address(`${name}.lab`, '192.0.2.1', { ...metadata, name }))
      })
    const child = zone({ zoneName: 'lab.example.com' }, { name: 'lab' })
    const said = (...others: unknown[]) =>
      text(child, { others: ObjectIndex.of(others), mayRead: (_kind, at) => at === 'dns' })
    const server = stored(wholeOf({ kind: 'Bind9Cluster', metadata: { name: 'servers' }, spec: {} }))
    expect(said(server, taker, ...hidden(2, {}), ...hidden(3, secret))).toContain('hides 2 records of the zone')
    expect(said(server, taker, ...hidden(3, secret))).toContain('hides records of another namespace of the zone')
    expect(said(server, stored(zone()), ...hidden(3, secret))).toBe('')
  })

  test('hears of its own by their names where it may read them, and of their kind and namespace where not', () => {
    const others = ObjectIndex.of([taker, stored(address('www'))])
    const said = (readable: string) => text(alias('www'), { others, mayRead: kind => kind === readable })
    expect(said('ARecord')).toContain('ARecord dns/arecord-www has data there')
    expect(said('CNAMERecord')).toContain('an ARecord of this namespace has data there')
  })

  test('is told the same of a zone with and without records there, when it is deleted', () => {
    const there = ObjectIndex.of([taker, stored(address('www', '192.0.2.1', secret))])
    const said = checkDelete(taker, { others: there, mayRead: () => false })
      .map(printFinding)
      .join()
    expect(said).not.toMatch(/vault|hidden|\ba record\b/)
  })
})
