import assert from 'node:assert/strict'
import type { KafkaCluster, TestGateway } from '@sluice/harness'

/** What a Kafka route of these tests may have besides its brokers. */
export interface KafkaRoute {
  readonly uri?: string
  readonly tls?: object
  readonly kafka?: object
  readonly plugins?: object
  readonly timeout?: object
}

/** The body of a route to the brokers, a list of `host:port`. */
export function kafkaRoute(
  brokers: readonly string[],
  { uri = '/kafka', tls, kafka, plugins, timeout }: KafkaRoute = {},
) {
  return {
    uri,
    ...(plugins === undefined ? {} : { plugins }),
    upstream: {
      type: 'none',
      scheme: 'kafka',
      nodes: Object.fromEntries(brokers.map((broker) => [broker, 1])),
      ...(tls === undefined ? {} : { tls }),
      ...(kafka === undefined ? {} : { kafka }),
      ...(timeout === undefined ? {} : { timeout }),
    },
  }
}

/** Makes or changes a route and gives the WebSocket address of it. */
export async function putRoute(gateway: TestGateway, id: string, route: { readonly uri: string }): Promise<string> {
  const { status, body } = await gateway.admin('PUT', `/routes/${id}`, route)
  assert.ok(status === 200 || status === 201, `PUT of route ${id}: ${status} ${JSON.stringify(body)}`)
  return `${gateway.socketUrl}${route.uri}`
}

/** A kind of listener that clients meet. */
export type Listener = Exclude<keyof KafkaCluster['bootstrap'], 'internal'>

/** Where a cluster listens, `host:port`. */
export function listenerOf({ bootstrap }: KafkaCluster, listener: Listener): string {
  const brokers = bootstrap[listener]
  assert.ok(brokers, `the cluster has a listener ${listener}`)
  return brokers
}

/** Where a cluster listens without TLS and authentication. */
export function plaintext(kafka: KafkaCluster): string {
  return listenerOf(kafka, 'plaintext')
}
