import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RunningApiServer, reservePort } from '../cluster/index.ts'
import { type RunningProgram, startProgram } from './program.ts'

// An alias where the sample of A stands, to what is no name: one fault beside another object, one in itself.
const BAD_RECORD = `apiVersion: bindy.firestoned.io/v1alpha1
kind: CNAMERecord
metadata:
  name: bad
spec:
  zone: example.com
  name: www
  target: 192.0.2.80
`

/** Starts the webhook in front of an API server on the same machine; resolves when it is asked. */
export async function startWebhook(api: RunningApiServer, directory: string): Promise<RunningProgram> {
  const port = String((await reservePort()).number)
  const args = ['--host', '127.0.0.1', '--port', port, '--url', `https://127.0.0.1:${port}`]
  const webhook = await startProgram('webhook', api, { directory, args })
  await webhook.untilLogged('Webhook registered')
  return webhook
}

/** Applies a record that DNS would not stand, and answers with the command and what kubectl says of it. */
export async function refusal(api: RunningApiServer, directory: string): Promise<string> {
  const file = join(directory, 'bad.yaml')
  writeFileSync(file, BAD_RECORD)
  const { code, stderr } = await api.kubectl(['apply', '-f', file])
  if (code === 0) throw new Error(`The webhook let pass what it should refuse:\n${BAD_RECORD}`)
  return `$ kubectl apply -f ${file}\n${stderr.trim()}`
}
