/** An object as JSON or YAML, ready to be applied or read by a program. */
export async function printData(object: unknown, form: 'json' | 'yaml'): Promise<string> {
  if (form === 'json') return printJson(object, 2)
  return (await yamlPrinter())(object)
}

/** What prints one object after another: a line of JSON each, or a document of YAML; undefined for a form for people. */
export async function printerOf(form: string): Promise<((object: object) => string) | undefined> {
  if (form === 'json') return object => printJson(object)
  if (form !== 'yaml') return undefined
  const print = await yamlPrinter()
  return object => `---\n${print(object)}`
}

// Controls that JSON lets stand, formats and separators of lines: what harmless() shows as escapes, too.
const HARMFUL = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu

function printJson(object: unknown, indent?: number): string {
  return JSON.stringify(object, null, indent).replace(HARMFUL, escaped)
}

// Beyond U+FFFF JSON has a pair of surrogates.
function escaped(char: string): string {
  return Array.from({ length: char.length }, (_, i) => {
    return `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`
  }).join('')
}

// Loaded late: most commands never print it.
async function yamlPrinter(): Promise<(object: unknown) => string> {
  return (await import('./yaml.ts')).printYaml
}
