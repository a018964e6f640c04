import { instanceKind } from '../kinds.ts'
import type { Bind9Instance } from '../server.ts'
import { hasShape } from '../shape.ts'
import { Subject } from './subject.ts'

/** A Bind9Instance or Bind9Cluster that rules are asked about. */
export class ServerSubject extends Subject {
  /** The instance, where it is one and has all that its schema wants. */
  get instance(): Bind9Instance | undefined {
    const isInstance = this.kind === instanceKind.kind && hasShape(instanceKind.spec, this.spec)
    return isInstance ? (this.object as Bind9Instance) : undefined
  }
}
