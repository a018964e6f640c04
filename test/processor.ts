/** Milliseconds of the processor that a piece of work takes of this process; other processes do not count. */
export function processorMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  return process.cpuUsage(before).user / 1000
}
