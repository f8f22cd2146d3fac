import type { LoadGenerator } from './load/generator.ts'
import type { ScanResult } from './load/scan.ts'
import type { BenchTopic, Stage } from './stage.ts'
import type { Usage } from './usage.ts'

/** What one scan came to. */
export interface ScanSample {
  readonly recordsPerSecond: number
  /** For each gigabyte of record batches; undefined where it is not known. */
  readonly cpuSecondsPerGb: number | undefined
}

// Of each fetch.
const SCAN_MAX_BYTES = 1024 * 1024

/**
 * Scans a topic through the gateway and looks at what it used meanwhile.
 *
 * @param scan how; by default with one client
 */
export async function scanMeasured(
  { gateway, usage }: Pick<Stage, 'gateway' | 'usage'>,
  topic: BenchTopic,
  seconds: number,
  scan: 'scan' | 'crowdScan' = 'scan',
): Promise<ScanSample> {
  const before = await usage?.()
  const result = await runScan(gateway, topic, seconds, scan)
  return sampleOf(topic, result.records, result.seconds, cpuBetween(before, await usage?.()))
}

/** Scans straight from the broker; CPU is that of the raw client. */
export async function scanRaw(raw: LoadGenerator, topic: BenchTopic, seconds: number): Promise<ScanSample> {
  const result = await runScan(raw, topic, seconds, 'scan')
  return sampleOf(topic, result.records, result.seconds, result.cpuSeconds)
}

const runScan = (
  load: LoadGenerator,
  { name, recordCount }: BenchTopic,
  seconds: number,
  scan: 'scan' | 'crowdScan',
): Promise<ScanResult> => load[scan](name, { recordCount, maxBytes: SCAN_MAX_BYTES, seconds })

const cpuBetween = (before: Usage | undefined, after: Usage | undefined): number | undefined =>
  before && after && after.cpuSeconds - before.cpuSeconds

function sampleOf(topic: BenchTopic, records: number, seconds: number, cpuSeconds: number | undefined): ScanSample {
  const gigabytes = (records * (topic.bytes / topic.recordCount)) / 1e9
  return {
    recordsPerSecond: records / seconds,
    cpuSecondsPerGb: cpuSeconds === undefined ? undefined : cpuSeconds / gigabytes,
  }
}
