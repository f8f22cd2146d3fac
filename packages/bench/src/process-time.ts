import { readdir, readFile } from 'node:fs/promises'
import type { Usage } from './usage.ts'

const NANOSECONDS = 1e9
const KIBIBYTE = 1024

/**
 * What a process has used, as Linux counts it, without asking the process: to collect its metrics would be a good part of
 * what is measured. Undefined where there is no `/proc`.
 */
export async function usageOfProcess(pid: number): Promise<Usage | undefined> {
  try {
    const threads = await readdir(`/proc/${pid}/task`)
    const times = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8')))
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const [, resident] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? []
    if (resident === undefined) return undefined
    const nanoseconds = times.reduce((sum, text) => sum + Number(text.split(' ')[0]), 0)
    return { cpuSeconds: nanoseconds / NANOSECONDS, residentBytes: Number(resident) * KIBIBYTE }
  } catch {
    return undefined
  }
}
