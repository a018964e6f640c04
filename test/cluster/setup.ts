import { bind9Versions, provideBind9 } from './bind9.ts'
import { provideKubernetes } from './kubernetes.ts'

/** jest's globalSetup: gets all parts before the first test, where the progress can be seen; no test waits for a build. */
export default async function setup(): Promise<void> {
  await provideBind9()
  await bind9Versions().catch(() => {}) // the tests that need another version say what is wrong
  await provideKubernetes()
}
