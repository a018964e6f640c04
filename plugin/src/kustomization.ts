import type { Scaffolded } from './scaffold.ts'
import { printYaml } from './screen/yaml.ts'

/** A file of a kustomize tree. */
export interface TreeFile {
  readonly name: string
  readonly text: string
}

/** Objects in a file each, with the kustomization that names them; it says the namespace for all of them. */
export function kustomizeTree(objects: readonly Scaffolded[], namespace: string | undefined): TreeFile[] {
  const files = objects.map(({ kind, name, text }) => ({ name: `${kind.toLowerCase()}-${name}.yaml`, text }))
  const lines = [
    'apiVersion: kustomize.config.k8s.io/v1beta1',
    'kind: Kustomization',
    namespace === undefined
      ? "# namespace: dns  # of all objects; the context's when absent"
      : `namespace: ${printYaml(namespace)}`,
    'resources:',
    ...files.map(({ name }) => `  - ${name}`),
  ]
  return [{ name: 'kustomization.yaml', text: lines.join('\n') }, ...files]
}
