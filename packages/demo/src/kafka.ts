import { once } from 'node:events'
import { connect } from 'node:net'
import { openProducer, startKafka } from '@sluice/testkit'
import { portOrAny } from './ports.ts'

/** A Kafka to demonstrate with. */
export interface DemoKafka {
  /** Bootstrap brokers, `host:port[,host:port]`. */
  readonly brokers: string
  /** How it is named to the user. */
  readonly name: string
  stop(): Promise<void>
}

const connectTimeoutMs = 5000

// The one that the commands of the documentation name.
const usualPort = 9092

/** Takes the brokers that were named, or starts a Kafka of its own. */
export async function openKafka(
  brokers: string | undefined,
  onProgress: (line: string) => void,
  signal: AbortSignal,
): Promise<DemoKafka> {
  if (brokers !== undefined) {
    await Promise.any(brokers.split(',').map(checkBroker)).catch(() => {
      throw new Error(
        `no broker of KAFKA_BROKERS=${brokers} takes connections; start Kafka there or correct the addresses`,
      )
    })
    return { brokers, name: `Kafka at ${brokers}`, stop: async () => {} }
  }
  const port = await portOrAny(usualPort)
  if (port !== usualPort) onProgress(`port ${usualPort} is taken: Kafka takes a free one`)
  const kafka = await startKafka({ onProgress, signal, plaintextPort: port === usualPort ? port : undefined })
  const { plaintext = kafka.bootstrap.internal } = kafka.bootstrap
  return { brokers: plaintext, name: `A real Kafka at ${plaintext}`, stop: () => kafka.stop() }
}

async function checkBroker(broker: string): Promise<void> {
  const { hostname, port } = new URL(`tcp://${broker}`)
  const socket = connect({ host: hostname.replaceAll(/[[\]]/g, ''), port: Number(port) })
  const signal = AbortSignal.timeout(connectTimeoutMs)
  try {
    await once(socket, 'connect', { signal })
  } finally {
    socket.destroy()
  }
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
