// Run by generator.ts as `generator-main.ts raw|gateway <address>`: does one job after the other, keeps its connections.
import { measureCommandRate } from './command-rate.ts'
import type { Job } from './generator.ts'
import { measureLatency } from './latency.ts'
import { openGatewayReader, openRawReader, type Reader } from './reader.ts'
import { scan } from './scan.ts'
import { openSlowClients } from './slow-clients.ts'

const [via, address = ''] = process.argv.slice(2)
let cutSlowClients = (): void => {}
const readers = new Map<string, Promise<Reader>>()

function readerOf(topic: string): Promise<Reader> {
  let reader = readers.get(topic)
  if (reader === undefined) {
    reader = via === 'raw' ? openRawReader(address, topic) : openGatewayReader(address, topic)
    readers.set(topic, reader)
  }
  return reader
}

async function run(job: Job) {
  switch (job.kind) {
    case 'scan':
      return scan(await readerOf(job.topic), job)
    case 'latency':
      return measureLatency(await readerOf(job.topic), job)
    case 'command-rate':
      return measureCommandRate(address, job)
    case 'idle':
      cutSlowClients = await openSlowClients(address, job.topic, job)
      return
    case 'leave':
      return cutSlowClients()
  }
}

process.on('message', (job: Job) => {
  run(job).then(
    (result) => process.send?.({ result }),
    (error: Error) => process.send?.({ error: error.stack }),
  )
})
process.on('disconnect', () => process.exit())
