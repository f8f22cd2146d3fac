import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  connectPubSub,
  count,
  DEFAULT_USERS,
  type FaultProxy,
  type KafkaHandle,
  readPem,
  requireTool,
  startGateway,
  startKafka,
  startToxiproxy,
  type TestGateway,
  type Toxic,
  type Toxiproxy,
} from '@sluice/harness'
import { startLinkReader } from './support/link-reader.ts'
import { assertNumbered, writeNumbered } from './support/numbered-records.ts'
import { type Moment, openPhaseTap, type PhaseTap } from './support/phase-tap.ts'
import { kafkaRoute, listenerOf, putRoute } from './support/routes.ts'
import { waitFor } from './support/wait.ts'

const toxiproxy = requireTool('toxiproxy-server')
const times = count(1, 3)
const records = 400
const recoveryMs = 5000

/** What a link does, and for how long. */
interface Fault {
  readonly what: string
  readonly lastsMs: number
  /** Before the connection is made, for what can only be prepared. */
  prepare?(link: FaultProxy): Promise<void>
  begin(link: FaultProxy): Promise<void>
}

const bothWays = (type: Toxic['type'], attributes: Toxic['attributes']) => async (link: FaultProxy) => {
  await link.add({ type, attributes, stream: 'upstream' })
  await link.add({ type, attributes, stream: 'downstream' })
}
const packets: Fault = { what: 'packets that are lost', lastsMs: 1500, begin: (link) => link.dropPackets() }
const faults: readonly Fault[] = [
  { what: 'latency', lastsMs: 500, begin: bothWays('latency', { latency: 150, jitter: 100 }) },
  { what: 'little bandwidth', lastsMs: 500, begin: bothWays('bandwidth', { rate: 8 }) },
  {
    what: 'slices of one byte',
    lastsMs: 500,
    begin: bothWays('slicer', { average_size: 1, size_variation: 0, delay: 10 }),
  },
  {
    what: 'a reset',
    lastsMs: 300,
    // Toxiproxy decides when a connection opens whether it will end with RST: a toxic that befalls none makes it so for all.
    prepare: (link) => link.add({ type: 'reset_peer', toxicity: 0, attributes: { timeout: 0 } }),
    begin: (link) => link.add({ type: 'reset_peer', attributes: { timeout: 0 } }),
  },
  {
    what: 'an answer that is cut',
    lastsMs: 300,
    begin: (link) => link.add({ type: 'limit_data', attributes: { bytes: 47 } }),
  },
  {
    what: 'a batch that is cut',
    lastsMs: 300,
    begin: (link) => link.add({ type: 'limit_data', attributes: { bytes: 5021 } }),
  },
  // Longer than the route's connect timeout.
  { what: 'silence', lastsMs: 1500, begin: bothWays('timeout', { timeout: 0 }) },
  { what: 'a port that is closed', lastsMs: 300, begin: (link) => link.down() },
  packets,
]

const phases = ['connect', 'TLS', 'SASL', 'metadata', 'fetch'] as const
type Phase = (typeof phases)[number]

/** A gateway that reads over TLS and SASL, whose every connection to the broker passes a fault proxy. */
describe('over a bad link no wrong byte is delivered, and reading goes on within 5 s after it is mended', {
  skip: toxiproxy.skip,
}, () => {
  const topic = 'far-away'
  let proxies: Toxiproxy
  let kafka: KafkaHandle
  let gateway: TestGateway
  let tap: PhaseTap
  let link: FaultProxy
  let url: string
  let recordsOfFirstFetch: number

  before(async () => {
    proxies = await startToxiproxy({ packets: true })
    kafka = await startKafka({
      listeners: ['SASL_SSL'],
      async advertise({ port }) {
        await tap?.close()
        tap = await openPhaseTap(proxies.upstreamHost, port)
        link = await proxies.proxy('broker', tap.address)
        return link.address
      },
    })
    await kafka.createTopic(topic)
    const producer = await kafka.producer()
    for (let n = 0; n < records; n += 40) {
      await writeNumbered(producer, topic, n, n + 40, n % 80 === 0 ? 'none' : 'gzip')
    }
    gateway = await startGateway({ logLevel: 'info' })
    url = await putRoute(gateway, 'kafka', await route(kafka))
    recordsOfFirstFetch = await countRecordsOfFirstFetch()
  })
  after(async () => {
    await gateway?.stop()
    await kafka?.stop()
    await tap?.close()
    await proxies?.stop()
  })

  /** The gateway opens a connection for the first command of a client, and closes it with the last client. */
  const countRecordsOfFirstFetch = async (): Promise<number> => {
    const client = await connectPubSub(url)
    assertNumbered(await client.fetch(topic, 0, 0n, { max_bytes: 1 }), 0)
    const sent = tap.dataRecords
    await client.close()
    return sent
  }
  // The last three requests of a first fetch are the credentials (PLAIN), the metadata of the topic, and the fetch.
  const momentOf = (phase: Exclude<Phase, 'connect'>): Moment => {
    if (phase === 'TLS') return 'hello'
    return recordsOfFirstFetch - { SASL: 3, metadata: 2, fetch: 1 }[phase]
  }

  /** Until then a new client would share what the one before has opened. */
  const untilNothingIsOpen = () =>
    waitFor(
      'broker connections',
      async () =>
        (await gateway.metric('sluice_connections')) + (await gateway.metric('sluice_kafka_broker_connections')),
      (open) => open === 0,
    )

  const befall = async (t: TestContext, fault: Fault, phase: Phase): Promise<void> => {
    await untilNothingIsOpen()
    await fault.prepare?.(link)
    const held = phase === 'connect' ? undefined : tap.holdAt(momentOf(phase))
    t.after(async () => {
      held?.release()
      await link.heal()
    })
    if (phase === 'connect') await fault.begin(link)
    const client = await connectPubSub(url)
    t.after(() => client.close())
    const reading = startLinkReader(client, topic, records)
    if (held !== undefined) {
      await Promise.race([held.reached, reading.failed])
      await fault.begin(link)
      held.release()
    }
    await Promise.race([delay(fault.lastsMs), reading.failed])
    await link.heal()
    const mended = performance.now()
    await reading.nextRecords()
    const tookMs = performance.now() - mended
    // Every record at least once, whatever was read before.
    const enough = reading.delivered + records
    while (reading.delivered < enough) await reading.nextRecords()
    const errors = await reading.stop()
    t.diagnostic(`read again after ${Math.round(tookMs)} ms; ${errors} errors, ${reading.delivered} records in all`)
    assert.ok(tookMs <= recoveryMs, `reading again took ${tookMs} ms`)
  }

  for (const fault of faults) {
    describe(fault.what, () => {
      for (const phase of phases) {
        for (let time = 1; time <= times; time++) {
          it(`while the gateway is at ${phase}${times > 1 ? ` (${time})` : ''}`, async (t) => {
            if (fault === packets && proxies.noPackets) return t.skip(proxies.noPackets)
            await befall(t, fault, phase)
          })
        }
      }
    })
  }
})

async function route(kafka: KafkaHandle) {
  assert.ok(kafka.tls)
  const [user] = DEFAULT_USERS
  const tls = { ca: await readPem(kafka.tls.caFile), server_name: 'localhost' }
  return kafkaRoute([listenerOf(kafka, 'saslSsl')], {
    tls: { verify: true },
    timeout: { connect: 1, send: 5, read: 5 },
    kafka: { command_timeout_ms: 4000 },
    plugins: { 'kafka-proxy': { sasl: { ...user, mechanism: 'PLAIN' }, tls } },
  })
}
