import { describe, expect, test } from '@jest/globals'
import { distance, readArguments } from '../../plugin/src/argv.ts'
import { Failure } from '../../plugin/src/failure.ts'
import type { CommandShape } from '../../plugin/src/shape.ts'

const base = [
  { name: 'namespace', char: 'n', type: 'option' },
  { name: 'color', type: 'option' },
] as const
const commands: CommandShape[] = [
  {
    id: 'status',
    summary: '',
    args: [],
    isHidden: false,
    flags: [
      ...base,
      { name: 'watch', char: 'w', type: 'boolean' },
      { name: 'all-namespaces', char: 'A', type: 'boolean' },
      { name: 'output', char: 'o', type: 'option' },
      { name: 'wait', type: 'option' },
    ],
  },
  { id: 'status:zone', summary: '', args: [], isHidden: false, flags: [...base] },
  {
    id: 'zone:list',
    summary: '',
    args: [],
    isHidden: false,
    flags: [...base, { name: 'output', char: 'o', type: 'option' }],
  },
  { id: 'zone:create', summary: '', args: [], isHidden: false, flags: [...base, { name: 'dry-run', type: 'option' }] },
]
const read = (typed: string) => readArguments(typed.split(' ').filter(Boolean), commands)

/** The call in a line: its kind, its command or words, its arguments. */
function lineOf(typed: string): string {
  const call = read(typed)
  return call.kind === 'run' ? [call.id, ...call.argv].join(' ') : ['help', ...call.words].join(' ')
}

describe('readArguments()', () => {
  const calls: [typed: string, call: string][] = [
    ['status', 'status'],
    ['status zone example.com', 'status:zone example.com'],
    ['status production-dns', 'status production-dns'],
    ['-n dns zone list', 'zone:list -n dns'],
    ['--namespace dns zone -ojson list', 'zone:list --namespace dns -ojson'],
    ['--namespace=zone zone list', 'zone:list --namespace=zone'],
    ['-n zone zone list', 'zone:list -n zone'],
    ['--color zone -n dns zone list', 'zone:list --color zone -n dns'],
    ['-n list zone list', 'zone:list -n list'],
    ['zone create a.example --dry-run', 'zone:create a.example --dry-run=client'],
    ['zone create a.example --dry-run=server', 'zone:create a.example --dry-run=server'],
    ['zone create --dry-run a.example', 'zone:create --dry-run=client a.example'],
    ['status --wait', 'status --wait=2m'],
    ['status --wait 30s', 'status --wait=30s'],
    ['status --wait 1h30m production-dns', 'status --wait=1h30m production-dns'],
    ['--wait 30s status', 'status --wait=30s'],
    ['status --wait 5', 'status --wait=2m 5'],
    ['status --wait production-dns', 'status --wait=2m production-dns'],
    ['status --wait=30s 30s', 'status --wait=30s 30s'],
    ['status -- --wait 30s', 'status -- --wait 30s'],
    ['status --watch=true', 'status --watch'],
    ['status --watch=false', 'status'],
    ['status -w=false', 'status'],
    ['status -wA', 'status -wA'],
    ['status -wo json', 'status -wo json'],
    ['zone create a.example -- --dry-run', 'zone:create a.example -- --dry-run'],
    ['', 'help'],
    ['-h', 'help'],
    ['zone', 'help zone'],
    ['zone -h', 'help zone'],
    ['help zone', 'help zone'],
    ['help zone list', 'help zone list'],
    ['zone list --help', 'help zone list'],
    ['status zone -h', 'help status zone'],
  ]
  test.each(calls)('reads "%s" as "%s"', (typed, call) => {
    expect(lineOf(typed)).toBe(call)
  })

  test('warns of --dry-run without a value, as kubectl does', () => {
    const warningsOf = (typed: string) => {
      const call = read(typed)
      return call.kind === 'run' ? call.warnings : undefined
    }
    expect(warningsOf('zone create a.example --dry-run')).toEqual([
      '--dry-run is deprecated and can be replaced with --dry-run=client.',
    ])
    expect(warningsOf('zone create a.example --dry-run=client')).toEqual([])
    expect(warningsOf('zone create a.example -- --dry-run')).toEqual([])
  })

  const wrong: [typed: string, message: string, fix: string][] = [
    ['zne list', '"zne list" is not a command', 'kubectl bindy zone list'],
    ['zone lst', '"zone lst" is not a command', 'kubectl bindy zone list'],
    ['stauts', '"stauts" is not a command', 'kubectl bindy status'],
    ['help stauts', '"stauts" is not a command', 'kubectl bindy status'],
    ['frobnicate', '"frobnicate" is not a command', 'kubectl bindy --help'],
    ['zone create a.example -o name', 'zone create has no -o: it prints in one form alone', 'leave it out'],
    ['status zone a.example -ojson', 'status zone has no -o: it prints in one form alone', 'leave it out'],
    ['status zone a.example --output=json', 'status zone has no -o: it prints in one form alone', 'leave it out'],
    ['status --watch=maybe', '--watch is either true or false, not "maybe"', ''],
  ]
  test.each(wrong)('refuses "%s" and says what is near', (typed, message, fix) => {
    const failure = failureOf(() => read(typed))
    expect([failure.message, failure.fix[0] ?? '', failure.exit]).toEqual([message, fix, 2])
  })
})

test('distance() counts letters added, dropped, changed and swapped', () => {
  expect([
    distance('', 'abc'),
    distance('zone', 'zone'),
    distance('zne', 'zone'),
    distance('stauts', 'status'),
  ]).toEqual([3, 0, 1, 1])
})

function failureOf(call: () => unknown): Failure {
  try {
    call()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('nothing failed')
}
