import { type CleanUp, startKafka } from '@sluice/harness'
import type { BenchOptions } from './options.ts'
import { usageOfProcess } from './process-time.ts'
import type { Progress } from './progress.ts'
import type { Usage } from './usage.ts'

/** Where brokers are, `host:port[,host:port]`. */
export interface Brokers {
  readonly brokers: string
  /** Their listener with TLS; undefined where somebody else's Kafka is used, or TLS is not measured. */
  readonly secured: string | undefined
  /** What they have used together; undefined where that is not known. */
  usage(): Promise<Usage | undefined>
}

/** Those of KAFKA_BROKERS, or a Kafka that is started; with a TLS listener only if one is measured, for it takes longer. */
export async function openBrokers(options: BenchOptions, progress: Progress, cleanUp: CleanUp): Promise<Brokers> {
  if (options.brokers !== undefined)
    return { brokers: options.brokers, secured: undefined, usage: async () => undefined }
  const withTls = options.only === undefined || options.only === 'tls'
  const kafka = await startKafka({
    heap: '512m',
    fullSpeed: true,
    listeners: withTls ? ['PLAINTEXT', 'SSL'] : ['PLAINTEXT'],
    onProgress: (line) => progress.show(line),
  })
  cleanUp.defer(() => kafka.stop())
  return {
    brokers: kafka.bootstrap.internal,
    secured: kafka.bootstrap.ssl,
    usage: () => sumOf(kafka.brokers.map(({ pid }) => pid)),
  }
}

async function sumOf(pids: readonly number[]): Promise<Usage | undefined> {
  let sum: Usage = { cpuSeconds: 0, residentBytes: 0 }
  for (const pid of pids) {
    const usage = await usageOfProcess(pid)
    if (usage === undefined) return undefined
    sum = { cpuSeconds: sum.cpuSeconds + usage.cpuSeconds, residentBytes: sum.residentBytes + usage.residentBytes }
  }
  return sum
}
