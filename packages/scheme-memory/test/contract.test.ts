import { schemeContract } from '@sluice/testkit'
import memory from '../src/index.ts'

schemeContract(memory, {
  upstream: { memory: { topics: { orders: ['one', 'two'] } } },
  commands: {
    cmd_kafka_fetch: { topic: 'orders', offset: '0' },
    cmd_kafka_list_offset: { topic: 'orders', timestamp: '-1' },
    cmd_memory_publish: { topic: 'other', value: 'aGVsbG8=' },
  },
})
