import { bind9Versions, provideBind9 } from './bind9.ts'
import { provideKubelet, provideKubernetes } from './kubernetes.ts'

/** jest's globalSetup: gets all parts before the first test, where the progress can be seen; no test waits for a build. */
export default async function setup(): Promise<void> {
  await provideBind9()
  await bind9Versions().catch(() => {}) // the tests that need another version say what is wrong
  await provideKubernetes()
  await provideKubelet().catch(() => {}) // likewise: KUBEBUILDER_ASSETS has no kubelet, and Go may be absent
}
