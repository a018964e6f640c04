import { loadConnection, type RequestRecord, silentLog } from '#kube'
import { dryRun } from '../../../controller/src/dryrun.ts'

/** What a dry run prints, with the API requests that it makes. */
export async function plannedBy(kubeconfig: string): Promise<{ lines: string[]; requests: RequestRecord[] }> {
  const connection = await loadConnection({ kubeconfig })
  const lines: string[] = []
  const requests: RequestRecord[] = []
  const options = { connection, log: silentLog, print: (line: string) => void lines.push(line) }
  await dryRun(
    { ...options, onRequest: request => void requests.push(request) },
    { signal: AbortSignal.timeout(20_000) },
  )
  await connection.close()
  return { lines, requests }
}
