import type { Kafka } from 'kafkajs'
import { lz4Codec, snappyCodec, zstdCodec } from './codecs.ts'

/** The one place that loads kafkajs; what callers need of it beside the client itself. */
export interface KafkaJs {
  readonly client: Kafka
  readonly compressionTypes: typeof import('kafkajs').CompressionTypes
  /** Handed to producers, so that kafkajs does not announce a changed default on the screen. */
  readonly partitioner: () => ReturnType<typeof import('kafkajs').Partitioners.DefaultPartitioner>
}

/**
 * Loads kafkajs, the first time with its codecs, and makes a client that logs nothing.
 *
 * @param brokers bootstrap brokers, `host:port[,host:port]`
 * @param requestTimeoutMs how long one broker may take to answer, in milliseconds
 */
export async function openKafkaJs(brokers: string, requestTimeoutMs = 30_000): Promise<KafkaJs> {
  const { Kafka, logLevel, CompressionTypes, Partitioners } = await load()
  const client = new Kafka({
    clientId: 'sluice-testkit',
    brokers: brokers.split(','),
    logLevel: logLevel.NOTHING,
    requestTimeout: requestTimeoutMs,
    retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 10 },
  })
  return { client, compressionTypes: CompressionTypes, partitioner: () => Partitioners.DefaultPartitioner() }
}

let loaded: Promise<typeof import('kafkajs')> | undefined

function load(): Promise<typeof import('kafkajs')> {
  loaded ??= (async () => {
    dropTimerWarningsOfKafkaJs()
    const { default: kafkajs } = await import('kafkajs')
    const [snappy, lz4, zstd] = [await snappyCodec(), await lz4Codec(), zstdCodec()]
    kafkajs.CompressionCodecs[kafkajs.CompressionTypes.Snappy] = () => snappy
    kafkajs.CompressionCodecs[kafkajs.CompressionTypes.LZ4] = () => lz4
    kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => zstd
    return kafkajs
  })()
  return loaded
}

/**
 * kafkajs sets timers that lie in the past, which Node 24 warns of (TimeoutNegativeWarning). Node offers no filter, so this
 * wraps `process.emitWarning` and drops those whose timer was set by a file of kafkajs; every other warning passes.
 */
function dropTimerWarningsOfKafkaJs(): void {
  const emitWarning = process.emitWarning
  const fromKafkaJs = () => /[\\/]kafkajs[\\/]src[\\/]/.test(new Error('where').stack ?? '')
  process.emitWarning = new Proxy(emitWarning, {
    apply(target, self, args) {
      if (args[1] === 'TimeoutNegativeWarning' && fromKafkaJs()) return
      Reflect.apply(target, self, args)
    },
  })
}
