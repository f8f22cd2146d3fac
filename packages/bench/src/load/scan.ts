import type { Reader } from './reader.ts'

/** What a scan reads. */
export interface ScanJob {
  readonly recordCount: number
  readonly maxBytes: number
  /** Whole passes over the topic are made until so many seconds have gone by. */
  readonly seconds: number
}

export interface ScanResult {
  /** Of all passes together. */
  readonly records: number
  readonly seconds: number
  /** Processor time of this process. */
  readonly cpuSeconds: number
}

/**
 * Reads a topic from its start to its end, each fetch where the last one ended.
 *
 * @throws {Error} when a pass finds more or fewer records than the topic has
 */
export async function scan(reader: Reader, { recordCount, maxBytes, seconds }: ScanJob): Promise<ScanResult> {
  const started = performance.now()
  const cpu = process.cpuUsage()
  let records = 0
  let elapsed = 0
  while (elapsed < seconds) {
    records += await pass(reader, recordCount, maxBytes)
    elapsed = (performance.now() - started) / 1000
  }
  const { user, system } = process.cpuUsage(cpu)
  return { records, seconds: elapsed, cpuSeconds: (user + system) / 1e6 }
}

async function pass(reader: Reader, recordCount: number, maxBytes: number): Promise<number> {
  let offset = 0
  let found = 0
  for (;;) {
    const answer = await reader.fetch(offset, maxBytes)
    if (answer.recordCount === 0) break
    found += answer.recordCount
    offset = answer.nextOffset
  }
  if (found !== recordCount) throw new Error(`a scan found ${found} records in a topic of ${recordCount}`)
  return found
}
