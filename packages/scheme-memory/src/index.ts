import { definePubSubScheme } from '@sluice/pubsub'
import { memory } from './generated/memory.ts'
import { MemoryOptions } from './options.ts'
import { subscribe } from './subscription.ts'
import { TopicTable } from './topic-table.ts'

const mostRecords = 500

/** Topics live as long as the process, one set for all upstreams with the same nodes: clients come and go. */
const tables = new Map<string, TopicTable>()

/** A topic log in memory: for docs, tests and demonstrations without a broker, and to read before writing a scheme. */
export default definePubSubScheme({
  name: 'memory',
  proto: memory,
  options: MemoryOptions,
  records: { kafka_fetch_resp: 'messages' },
  example: '{"sequence":"1","cmd_kafka_fetch":{"topic":"my-topic","offset":"0"}}',
  upstream({ nodes, options }) {
    const key = nodes.map(({ host, port }) => `${host}:${port}`).join()
    const table = tables.get(key) ?? new TopicTable(options)
    tables.set(key, table)
    return {
      session({ onRoom, push }) {
        const ends: (() => void)[] = []
        return {
          commands: {
            cmd_kafka_fetch: ({ offset, partition, topic }) => ({
              kafka_fetch_resp: { messages: table.partition(topic, partition).read(offset, mostRecords) },
            }),
            cmd_kafka_list_offset({ partition, timestamp, topic }) {
              const log = table.partition(topic, partition)
              const offset = timestamp === -1n ? log.end : timestamp === -2n ? log.start : log.offsetAt(timestamp)
              return { kafka_list_offset_resp: { offset } }
            },
            cmd_memory_publish: ({ key, partition, topic, value }) => ({
              memory_publish_resp: { offset: table.partition(topic, partition, true).append({ key, value }) },
            }),
            cmd_memory_subscribe({ offset, partition, topic }, { sequence }) {
              const log = table.partition(topic, partition, true)
              log.read(offset, 0)
              const { end, goOn } = subscribe(log, offset, (messages) =>
                push({ kafka_fetch_resp: { messages } }, sequence),
              )
              ends.push(end)
              onRoom(goOn)
              // After the answer to this command.
              setImmediate(goOn)
              return { memory_subscribe_resp: { offset } }
            },
          },
          close() {
            for (const end of ends) end()
          },
        }
      },
    }
  },
})
