import { openProducer, startKafka } from '@sluice/harness'
import { checkBrokers } from './check-broker.ts'
import { portOrAny } from './ports.ts'

/** A Kafka to demonstrate with. */
export interface DemoKafka {
  /** Bootstrap brokers, `host:port[,host:port]`. */
  readonly brokers: string
  /** What the user is told of it. */
  readonly running: string
  stop(): Promise<void>
}

// The one that the commands of the documentation name.
const usualPort = 9092

/** Takes the brokers that were named, or starts a Kafka of its own. */
export async function openKafka(
  brokers: string | undefined,
  onProgress: (line: string) => void,
  signal: AbortSignal,
): Promise<DemoKafka> {
  if (brokers !== undefined) {
    await checkBrokers(brokers)
    return { brokers, running: `Kafka at ${brokers} is running`, stop: async () => {} }
  }
  const plaintextPort = (await portOrAny(usualPort)) || undefined
  const kafka = await startKafka({ onProgress, signal, plaintextPort })
  const { plaintext = kafka.bootstrap.internal } = kafka.bootstrap
  return { brokers: plaintext, running: startedText(plaintext), stop: () => kafka.stop() }
}

/** What the user is told of a Kafka that was started here. */
export function startedText(broker: string): string {
  const note = broker.endsWith(`:${usualPort}`) ? '' : ` (the usual port ${usualPort} is taken)`
  return `A real Kafka is running: clients ${broker}${note}`
}

/** Makes the topic, with one partition, if it is not there, and writes some records to it. */
export async function produceRecords(brokers: string, topic: string, values: readonly string[]): Promise<void> {
  const producer = await openProducer(brokers)
  try {
    await producer.createTopics([{ name: topic, partitions: 1 }])
    const records = values.map((value, index) => ({ key: `key-${index + 1}`, value, partition: 0 }))
    await producer.send(topic, records)
  } finally {
    await producer.close()
  }
}
