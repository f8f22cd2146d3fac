// Run by generator.ts as `generator-main.ts raw|raw-tls|gateway <address>`: does one job after the other, keeps its connections.
import type { GatewayConnection } from '../websocket/gateway-connection.ts'
import { measureBareCodec } from './bare-codec.ts'
import { measureCommandRate } from './command-rate.ts'
import { openCrowd } from './crowd.ts'
import { measureCrowdRate } from './crowd-rate.ts'
import { scanWithCrowd } from './crowd-scan.ts'
import { Followers } from './followers.ts'
import type { Job } from './generator.ts'
import { measureLatency } from './latency.ts'
import { scanOpenly } from './open-scan.ts'
import { measurePolls } from './poll-rate.ts'
import { measureRawListOffsets } from './raw-rate.ts'
import { openGatewayReader, openRawReader, type Reader } from './reader.ts'
import { scan } from './scan.ts'
import { openSlowClients } from './slow-clients.ts'

const [via, address = ''] = process.argv.slice(2)
let crowd: readonly GatewayConnection[] = []
let followers: Followers | undefined
const readers = new Map<string, Promise<Reader>>()

function readerOf(topic: string): Promise<Reader> {
  let reader = readers.get(topic)
  if (reader === undefined) {
    reader = via === 'gateway' ? openGatewayReader(address, topic) : openRawReader(address, topic, via === 'raw-tls')
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
    case 'raw-list-offsets':
      return measureRawListOffsets(address, job.topic, job.seconds)
    case 'polls':
      return measurePolls(address, job)
    case 'codec':
      return measureBareCodec(job)
    case 'idle':
      crowd = await openSlowClients(address, job.topic, job)
      return
    case 'gather':
      crowd = await openCrowd(address, job.clients)
      return
    case 'crowd-rate':
      return measureCrowdRate(crowd, job)
    case 'crowd-scan':
      return scanWithCrowd(crowd, job.topic, job)
    case 'follow':
      followers = new Followers(crowd, job)
      return
    case 'follow-count':
      return followers?.received
    case 'follow-report':
      return followers?.report()
    case 'open-scan':
      return scanOpenly(address, job.topic, job)
    case 'leave':
      return leave()
  }
}

function leave(): void {
  for (const connection of crowd) connection.close()
  crowd = []
  followers = undefined
}

process.on('message', (job: Job) => {
  run(job).then(
    (result) => process.send?.({ result }),
    (error: Error) => process.send?.({ error: error.stack }),
  )
})
process.on('disconnect', () => process.exit())
