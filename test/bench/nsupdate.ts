import { spawn } from 'node:child_process'
import { provideBind9, type RunningNamed } from '../cluster/index.ts'
import { nowMs } from './clock.ts'

/** An address record: an owner name with its final dot, and an address. */
export type Address = readonly [owner: string, address: string]

// What fits into one message of 65,535 octets.
const BATCH = 1_300

/** Runs nsupdate over TCP, signed; returns when it started and what it took, from start to end of the process. */
export async function nsupdate(
  named: RunningNamed,
  zone: string,
  script: string,
): Promise<{ startMs: number; tookMs: number }> {
  const tools = await provideBind9()
  const { name, algorithm, secret } = named.tsigKey
  const startMs = nowMs()
  const child = spawn(tools.nsupdate, ['-v', '-y', `${algorithm}:${name}:${secret}`], {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', chunk => {
    said += chunk
  })
  child.stdin.end(`server ${named.address} ${named.dnsPort}\nzone ${zone}\n${script}`)
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (code !== 0) throw new Error(`Cannot update with nsupdate: it ended with ${code} and said ${said}`)
  return { startMs, tookMs: nowMs() - startMs }
}

export function addScript(addresses: readonly Address[], ttl = 300): string {
  return script(addresses.map(([owner, address]) => `update add ${owner} ${ttl} A ${address}\n`))
}

export function deleteScript(addresses: readonly Address[]): string {
  return script(addresses.map(([owner]) => `update delete ${owner} A\n`))
}

function script(lines: readonly string[]): string {
  return lines.map((line, i) => ((i + 1) % BATCH === 0 || i === lines.length - 1 ? `${line}send\n` : line)).join('')
}
