import { readdir, readFile } from 'node:fs/promises'
import type { TestGateway } from '@sluice/harness'

/** The processes of a gateway's workers that run now, in the order of their start. */
export async function workerPids({ pid }: TestGateway): Promise<number[]> {
  const stats = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(readStat))
  return stats
    .filter((stat) => stat !== undefined)
    .filter(({ isWorker, parent, state }) => isWorker && parent === pid && state !== 'Z')
    .toSorted((one, other) => one.startTime - other.startTime || one.pid - other.pid)
    .map((stat) => stat.pid)
}

/** What a metric says of each process, by the label `worker`. */
export async function processMetric({ statusUrl }: TestGateway, name: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${statusUrl}/metrics`)).text()
  const samples = text.matchAll(new RegExp(`^${name}\\{worker="(\\w+)"\\} (\\S+)$`, 'gm'))
  return new Map(Array.from(samples, ([, worker = '', value]) => [worker, Number(value)]))
}

/** proc(5): fields 3, 4 and 22 of `/proc/<pid>/stat`; undefined where the process has gone. */
async function readStat(name: string) {
  try {
    const text = await readFile(`/proc/${name}/stat`, 'utf8')
    const isWorker = (await readFile(`/proc/${name}/cmdline`, 'utf8')).includes('worker-main')
    // The name of the program, in brackets, may hold blanks.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { pid: Number(name), isWorker, state: fields[0], parent: Number(fields[1]), startTime: Number(fields[19]) }
  } catch {
    return undefined
  }
}
