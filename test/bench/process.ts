import { readFileSync } from 'node:fs'

/** The most memory that a process has had resident since its start. */
export const mostResidentMB = (pid: number): number => statusMB(pid, 'VmHWM')
/** The memory that a process has resident now. */
export const residentMB = (pid: number): number => statusMB(pid, 'VmRSS')

/** Milliseconds of CPU that a process has had since its start, to the 10 ms. */
export function cpuMs(pid: number): number {
  // proc_pid_stat(5): after the program's name in parentheses, utime and stime are the 12th and 13th field
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function statusMB(pid: number, field: string): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return (Number(found?.[1]) * 1024) / 1e6
}
