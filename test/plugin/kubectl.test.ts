import { expect, test } from '@jest/globals'
import { kubectlFor } from '../../plugin/src/kubectl.ts'
import { run } from '../cluster/index.ts'

test('kubectlFor() gives kubectl all that leads it to the same cluster as the same user', () => {
  expect(kubectlFor({})).toBe('kubectl')
  expect(
    kubectlFor({
      'as-group': ['dns-admins', 'ops'],
      as: 'system:serviceaccount:ci:bot',
      context: 'kind-a',
      cluster: 'b',
      user: 'me@example.com',
      kubeconfig: '/home/me/.kube/config',
    }),
  ).toBe(
    'kubectl --kubeconfig /home/me/.kube/config --context kind-a --cluster b --user me@example.com --as system:serviceaccount:ci:bot --as-group dns-admins --as-group ops',
  )
})

test.each(['/home/me/my kube/config', "it's", '~/config', '$HOME', 'a;b', '*', '', '"', '\\'])(
  'kubectlFor() writes %j so that a shell reads it so',
  async kubeconfig => {
    const { stdout } = await run('sh', ['-c', `kubectl() { printf '%s\\n' "$@"; }; ${kubectlFor({ kubeconfig })}`])
    expect(stdout).toBe(`--kubeconfig\n${kubeconfig}\n`)
  },
)
