import { expect, test } from '@jest/globals'
import { zoneKind } from '#crds'
import { newObject } from '../../../plugin/src/cluster.ts'
import { previewOf } from '../../../plugin/src/import/preview.ts'
import { Terminal } from '../../../plugin/src/screen/terminal.ts'

const terminal = new Terminal({}, { LANG: 'C.UTF-8' })
const zone = newObject(zoneKind, { namespace: 'dns', name: 'example-com' }, { zoneName: 'example.com' })
const plan = {
  zone,
  zoneVerb: 'unchanged',
  records: [],
  standing: 0,
  pruned: [],
  given: 0,
  others: [],
  faults: [],
  notes: [],
} as const

test('previewOf() shows nothing of a file name or a note that a terminal would obey', () => {
  const notes = ['TXTRecord a: spec.text[0]: \x1b[31m\u202e']
  expect(previewOf({ ...plan, notes }, { name: 'a\x1b]0;b\x07', count: 1 }, terminal)).toEqual([
    '1 record of example.com in a\\x1b]0;b\\x07, for namespace dns',
    '  KIND      OBJECTS',
    '  DNSZone   unchanged',
    '  TXTRecord a: spec.text[0]: \\x1b[31m\\u202e',
  ])
})
