import { type CleanUp, startKafka } from '@sluice/testkit'
import type { BenchOptions } from './options.ts'
import type { Progress } from './progress.ts'

/** Where brokers are, `host:port[,host:port]`. */
export interface Brokers {
  readonly brokers: string
  /** Their listener with TLS; undefined where somebody else's Kafka is used, or TLS is not measured. */
  readonly secured: string | undefined
}

/** Those of KAFKA_BROKERS, or a Kafka that is started; with a TLS listener only if one is measured, for it takes longer. */
export async function openBrokers(options: BenchOptions, progress: Progress, cleanUp: CleanUp): Promise<Brokers> {
  if (options.brokers !== undefined) return { brokers: options.brokers, secured: undefined }
  const withTls = options.only === undefined || options.only === 'tls'
  const kafka = await startKafka({
    heap: '512m',
    fullSpeed: true,
    listeners: withTls ? ['PLAINTEXT', 'SSL'] : ['PLAINTEXT'],
    onProgress: (line) => progress.show(line),
  })
  cleanUp.defer(() => kafka.stop())
  return { brokers: kafka.bootstrap.internal, secured: kafka.bootstrap.ssl }
}
