// What a process has used so far. From /proc, where threads count in nanoseconds; elsewhere nobody says it this finely.
import { readdirSync, readFileSync } from 'node:fs'

export const whyNoCpu = process.platform === 'linux' ? null : `CPU time is left out: ${process.platform} has no /proc`

/** CPU time of all threads so far, in milliseconds; null where nobody can tell. */
export function cpuMs(pids: readonly number[]): number | null {
  if (whyNoCpu !== null || pids.length === 0) return null
  let nanoseconds = 0
  for (const pid of pids) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += threadNanoseconds(pid, thread)
    }
  }
  return nanoseconds / 1e6
}

/** 0 for a thread that ended while we looked: those that carry the load stay. */
function threadNanoseconds(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}

/** Resident memory in megabytes; null where nobody can tell. */
export function residentMegabytes(pid: number): number | null {
  if (whyNoCpu !== null) return null
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return kilobytes === undefined ? null : Number(kilobytes) / 1024
}
