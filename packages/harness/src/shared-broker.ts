import { AsyncResource } from 'node:async_hooks'
import { after } from 'node:test'
import { createCluster, type KafkaCluster, type KafkaDescription } from './kafka/cluster.ts'
import type { OnProgress } from './kafka/jars.ts'
import { startKafka } from './kafka/launcher.ts'

/** Holds a `KafkaDescription` as JSON, or `{"error": text}` where the runner could not start one. */
const SHARED_KAFKA_VARIABLE = 'SLUICE_TEST_KAFKA'

// `after` belongs to the test that is running when it is called; run from here it belongs to the file.
const fileScope = new AsyncResource('SharedKafka')
let shared: Promise<KafkaCluster> | undefined

/**
 * The Kafka that all tests share, with the four kinds of listener and the default users: the one that the test runner
 * started, otherwise one for this process, stopped when its last test has ended. Use topics of your own; a test that stops
 * brokers or needs other settings starts its own with `startKafka`.
 */
export function sharedKafka(): Promise<KafkaCluster> {
  shared ??= open()
  return shared
}

async function open(): Promise<KafkaCluster> {
  const given = process.env[SHARED_KAFKA_VARIABLE]
  if (given) {
    const { cluster, close } = createCluster(parse(given))
    fileScope.runInAsyncScope(() => after(close))
    return cluster
  }
  const kafka = await startSharedKafka()
  fileScope.runInAsyncScope(() => after(() => kafka.stop()))
  return kafka
}

/** Starts a Kafka that `sharedKafka` can hand out. */
export const startSharedKafka = (onProgress: OnProgress = () => {}) =>
  startKafka({ listeners: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'], onProgress })

function parse(json: string): KafkaDescription {
  const value: KafkaDescription | { readonly error: string } = JSON.parse(json)
  if ('error' in value) throw new Error(`the test runner could not start Kafka: ${value.error}`)
  return value
}
