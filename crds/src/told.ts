/*
 * What is said of an object, in its status above all, is read by whoever reads that object: of objects in other
 * namespaces, which they perhaps may not read, they hear that there is one, and not which.
 */

/** An object, given as "Kind namespace/name", as readers of a namespace may hear of it. */
export function toldIn(namespace: string, object: string): string {
  return namespaceOf(object) === namespace ? object : ofAnother(object)
}

/** What is told of an object that is not to be named. */
export function ofAnother(object: string): string {
  const [kind = ''] = object.split(' ')
  return `${article(kind)} ${kind} of another namespace`
}

/** The namespace of an object given as "Kind namespace/name". */
export function namespaceOf(object: string): string {
  return object.slice(object.indexOf(' ') + 1, object.indexOf('/'))
}

/** A sentence, from words that may begin it with an article. */
export function sentence(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}

function article(kind: string): string {
  return /^(?:A|NS|MX|SRV|SSHFP)(?=[A-Z])/.test(kind) ? 'an' : 'a'
}
