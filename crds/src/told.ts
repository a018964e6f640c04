/*
 * What is said of an object, in its status above all, is read by whoever reads that object: of objects in other
 * namespaces, which they perhaps may not read, they hear that there is one, and not which.
 */

/** An object, given as "Kind namespace/name", as readers of a namespace may hear of it. */
export function toldIn(namespace: string, object: string): string {
  return namespaceOf(object) === namespace ? object : ofAnother(object)
}

/** What is told of an object of another namespace that is not to be named. */
export function ofAnother(object: string): string {
  return `${someOf(object)} of another namespace`
}

/** What is told in a namespace of an object that is not to be named, be it one of there. */
export function unnamedIn(namespace: string, object: string): string {
  return namespaceOf(object) === namespace ? `${someOf(object)} of this namespace` : ofAnother(object)
}

/** The kind of an object given as "Kind namespace/name". */
export function kindOf(object: string): string {
  return object.slice(0, object.indexOf(' '))
}

/** The namespace of an object given as "Kind namespace/name". */
export function namespaceOf(object: string): string {
  return object.slice(object.indexOf(' ') + 1, object.indexOf('/'))
}

/** A sentence, from words that may begin it with an article. */
export function sentence(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}

function someOf(object: string): string {
  const kind = kindOf(object)
  return `${/^(?:A|NS|MX|SRV|SSHFP)(?=[A-Z])/.test(kind) ? 'an' : 'a'} ${kind}`
}
