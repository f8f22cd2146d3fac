import { sharedKafka } from '@sluice/harness'

/** What `npm start` writes to `sluice-demo`, and what the documentation shows. */
const values = [
  'Hello from a real Kafka',
  'through a WebSocket',
  'on a route made with curl',
  'by Sluice',
  'in one command',
]

/** Makes a topic that has the records of the documentation. */
export async function makeDocumentedTopic(name: string): Promise<readonly string[]> {
  const kafka = await sharedKafka()
  await kafka.createTopic(name)
  const producer = await kafka.producer()
  await producer.send(
    name,
    values.map((value, index) => ({ key: `key-${index + 1}`, value, partition: 0 })),
  )
  return values
}
