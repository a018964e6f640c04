import { expect, test } from '@jest/globals'
import type { Server } from '../../../controller/src/reconcile/instance/server.ts'
import { bringAll, type Convoy, topOf } from '../../../controller/src/reconcile/zone/convoy.ts'
import type { PrimaryPass } from '../../../controller/src/reconcile/zone/pass.ts'

/** A primary that needs so many messages for what it lacks, and writes down what it is told. */
class Primary {
  readonly #name: string
  readonly #said: string[]
  readonly #messages: number
  serial: number | undefined

  constructor(name: string, at: { readonly serial: number; readonly messages: number }, said: string[]) {
    this.#name = name
    this.#said = said
    this.#messages = at.messages
    this.serial = at.serial
  }

  async read(): Promise<void> {
    this.#said.push(`${this.#name} read`)
  }

  async bring({ above }: PrimaryPass): Promise<ReadonlySet<string>> {
    this.#said.push(`${this.#name} brought${above === undefined ? '' : ` above ${above}`}`)
    const from = Math.max(this.serial ?? 0, above ?? 0)
    this.serial = this.#messages > 0 ? from + this.#messages : this.serial
    return new Set([`${this.#name}.example.com.`])
  }

  async replaceSoa(serial: number): Promise<void> {
    this.#said.push(`${this.#name} raised to ${serial}`)
    this.serial = serial
  }
}

function convoy(changes: Partial<Convoy> = {}): Convoy {
  const attempt: Convoy['attempt'] = (_key, part) => part({} as Server)
  return {
    on: () => ({}) as PrimaryPass,
    attempt,
    faultOf: () => undefined,
    hold: undefined,
    floor: undefined,
    ...changes,
  }
}

function primaries(at: Readonly<Record<string, { readonly serial: number; readonly messages: number }>>) {
  const said: string[] = []
  const all = new Map(Object.entries(at).map(([name, how]) => [name, new Primary(name, how, said)]))
  return { all, said }
}

test('bringAll() has one that is behind jump over what the others had, one after the other, and levels all', async () => {
  const { all, said } = primaries({
    a: { serial: 13, messages: 1 },
    b: { serial: 10, messages: 2 },
    c: { serial: 11, messages: 1 },
  })
  const { looked, haveParted } = await bringAll(all, convoy())
  expect(said).toEqual([
    'a read',
    'b read',
    'c read',
    'a brought',
    'b brought above 14',
    'c brought above 16',
    'a raised to 17',
    'b raised to 17',
  ])
  expect([...all.values()].map(({ serial }) => serial)).toEqual([17, 17, 17])
  expect(looked.size).toBe(3)
  expect(haveParted).toBe(false)
})

test('bringAll() says that two parted which took the same in other steps', async () => {
  const { all } = primaries({ a: { serial: 13, messages: 1 }, b: { serial: 13, messages: 3 } })
  expect((await bringAll(all, convoy())).haveParted).toBe(true)
  expect(topOf(all)).toBe(16)
})

test('bringAll() asks nothing more of one that could not be read, and levels nothing where it only looks', async () => {
  const { all, said } = primaries({ a: { serial: 13, messages: 0 }, b: { serial: 12, messages: 0 } })
  const faultOf = (key: string) => (key === 'a' ? ({ reason: 'Unreachable', message: '' } as const) : undefined)
  await bringAll(all, convoy({ faultOf, hold: { reason: 'Paused', message: '' } }))
  expect(said).toEqual(['a read', 'b read', 'b brought above 13'])
})

test.each([
  ['with its first change', 1, ['a read', 'a brought above 13']],
  ['by its SOA, where nothing else is to change', 0, ['a read', 'a brought above 13', 'a raised to 14']],
])('bringAll() takes one whose serial went back above what it had, %s', async (_, messages, story) => {
  const { all, said } = primaries({ a: { serial: 10, messages } })
  await bringAll(all, convoy({ floor: 13 }))
  expect(said).toEqual(story)
  expect(topOf(all)).toBe(14)
})

test('bringAll() raises nothing that stands where it stood', async () => {
  const { all, said } = primaries({ a: { serial: 13, messages: 0 } })
  await bringAll(all, convoy({ floor: 13 }))
  expect(said).toEqual(['a read', 'a brought'])
})
