/** An object as JSON or YAML, ready to be applied or read by a program. */
export async function printData(object: unknown, form: 'json' | 'yaml'): Promise<string> {
  if (form === 'json') return JSON.stringify(object, null, 2)
  // Loaded late: most commands never print it.
  const { printYaml } = await import('./yaml.ts')
  return printYaml(object)
}
