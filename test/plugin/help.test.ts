import { join } from 'node:path'
import { expect, test } from '@jest/globals'

test('help fits into 80 columns, however wide the terminal is that the plugin is built in', async () => {
  // oclif looks at the terminal once, when it is loaded.
  process.env.OCLIF_COLUMNS = '200'
  const { makeOutline } = await import('../../plugin/src/makeoutline.ts')
  const { help } = await makeOutline(join(import.meta.dirname, '../../plugin/src/main.ts'))
  const lines = Object.values(help).flatMap(text => text.split('\n'))
  // An example is one line, to be pasted.
  const wide = lines.filter(line => line.length > 80 && !line.startsWith('  $ kubectl bindy'))
  expect(wide).toEqual([])
})
