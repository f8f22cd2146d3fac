import { schemeContract } from '@sluice/testkit'
import kafka from '../src/index.ts'

// Nobody listens there: what a client may expect of every scheme holds for one without a broker too.
const topic = 'contract'

schemeContract(kafka, {
  commands: {
    cmd_kafka_fetch: { topic, partition: 0, offset: '0' },
    cmd_kafka_list_offset: { topic, partition: 0, timestamp: '-1' },
  },
})
