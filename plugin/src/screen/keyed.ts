/** An object as messages name it: "ARecord dns/www". */
export function printKeyed(object: {
  readonly kind: string
  readonly metadata: { readonly namespace: string; readonly name: string }
}): string {
  return `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`
}
