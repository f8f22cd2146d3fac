import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { connectPubSub, count, sharedKafka, startGateway, type TestGateway } from '@sluice/harness'
import { closed } from './support/closed.ts'
import { kafkaRoute, plaintext, putRoute } from './support/routes.ts'
import { waitFor } from './support/wait.ts'

const mebibyte = 1024 * 1024

/** What one client does never touches another, and whatever was opened for it is freed when it leaves. */
describe('client sockets', () => {
  const topic = `sockets-${process.pid}`
  let gateway: TestGateway
  let broker: string
  let url: string

  before(async () => {
    const kafka = await sharedKafka()
    broker = plaintext(kafka)
    gateway = await startGateway({ config: 'limits: { stall_seconds: 2 }\n' })
    url = await putRoute(gateway, 'sockets', kafkaRoute([broker]))
    const producer = await kafka.producer()
    await producer.createTopics([{ name: topic, partitions: 1 }])
    for (let n = 0; n < 16; n++) await producer.send(topic, [{ value: Buffer.alloc(mebibyte / 2, n), partition: 0 }])
  })
  after(() => gateway?.stop())

  const fetchFirst = { cmd_kafka_fetch: { topic, partition: 0, offset: 0n } }
  const waitLong = { cmd_kafka_fetch: { topic, partition: 0, offset: 16n, max_wait_ms: 25_000 } }

  it('leave nothing behind when they go in the middle of a fetch', async () => {
    const names = [
      'sluice_connections',
      'sluice_kafka_broker_connections',
      'sluice_kafka_commands_in_flight',
      'nodejs_active_resources{type="TCPSocketWrap"}',
      'nodejs_active_resources{type="Timeout"}',
    ]
    // One after the other: each question under way would be a socket more.
    const counts = async (): Promise<readonly number[]> => {
      const values: number[] = []
      for (const name of names) values.push(await gateway.metric(name))
      return values
    }
    // The first use leaves what every later one shares, such as the metrics' own connection.
    const warmUp = await connectPubSub(url)
    await warmUp.request(fetchFirst)
    await warmUp.close()
    await waitFor(
      'connections',
      () => gateway.metric('sluice_connections'),
      (open) => open === 0,
    )
    const baseline = await waitFor('broker connections', counts, ([, brokers]) => brokers === 0)

    const clients = await Promise.all(Array.from({ length: count(50, 500) }, () => connectPubSub(url)))
    for (const client of clients) {
      client.send(fetchFirst)
      client.send(waitLong)
    }
    const [, , , sockets = 0] = baseline
    await waitFor(
      'what is open',
      counts,
      ([open, brokers = 0, commands = 0, now = 0]) =>
        open === clients.length && brokers > 1 && commands > 0 && now >= sockets + clients.length + brokers,
    )
    for (const client of clients) client.terminate()
    const left = await waitFor('what is left', counts, (now) => now.every((value, n) => value <= (baseline[n] ?? 0)))
    assert.deepEqual(left.slice(0, 3), [0, 0, 0])
  })

  it('are cut when they never read, while others are served', async () => {
    const deaf = await connectPubSub(url)
    deaf.pause()
    for (let n = 0; n < 64; n++) deaf.send(fetchFirst)
    const stalled = waitFor(
      'cut clients',
      () => gateway.metric('sluice_connections_stalled_total'),
      (cut) => cut === 1,
    )
    const other = await connectPubSub(url)
    let served = 0
    let done = false
    const serving = (async () => {
      while (!done) {
        const { kafka_fetch_resp } = await other.request(fetchFirst)
        assert.equal(kafka_fetch_resp?.messages[0]?.offset, 0n)
        served++
      }
    })()
    await stalled
    done = true
    await serving
    assert.ok(served > 0)
    await waitFor(
      'connections',
      () => gateway.metric('sluice_connections'),
      (open) => open === 1,
    )
    deaf.resume()
    assert.ok([1006, 1013].includes((await deaf.nextClose()).code))
    await other.close()
  })

  it('stay open through changes of other routes, and through those that change nothing for them', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => connectPubSub(url)))
    const { body } = await gateway.admin('GET', '/routes/sockets')
    for (let n = 0; n < 1000; n++) {
      const { status } = await gateway.admin(
        'PUT',
        `/routes/other-${n % 50}`,
        kafkaRoute([broker], { uri: `/other-${n}` }),
      )
      assert.ok(status === 200 || status === 201)
    }
    const equal = kafkaRoute([broker])
    await gateway.admin('PUT', '/routes/sockets', equal)
    await gateway.admin('PUT', '/routes/sockets', { ...equal, name: 'renamed', labels: { a: 'b' }, desc: 'the same' })
    assert.ok(body)
    for (const client of clients) {
      const { pong_resp } = await client.request({ cmd_ping: { state: Buffer.from('open') } })
      assert.ok(pong_resp)
    }
    await Promise.all(clients.map((client) => client.close()))
  })

  it('close with 1012 when their route changes or goes', async () => {
    const changes: readonly [what: string, change: () => Promise<unknown>][] = [
      [
        'its upstream',
        () => gateway.admin('PATCH', '/routes/short', { upstream: { kafka: { fetch_max_bytes: 4096 } } }),
      ],
      ['its plugins', () => gateway.admin('PATCH', '/routes/short', { plugins: { 'kafka-proxy': {} } })],
      ['its status', () => gateway.admin('PATCH', '/routes/short', { status: 0 })],
      ['its end', () => gateway.admin('DELETE', '/routes/short')],
    ]
    for (const [what, change] of changes) {
      await putRoute(gateway, 'short', kafkaRoute([broker], { uri: '/short' }))
      const client = await connectPubSub(`${gateway.socketUrl}/short`)
      await change()
      assert.deepEqual(await client.nextClose(), { code: 1012, reason: 'the route was changed: connect again' }, what)
    }
  })

  it('close with 1012 when a service or upstream of their route changes', async () => {
    const { upstream } = kafkaRoute([broker])
    assert.equal((await gateway.admin('PUT', '/upstreams/u', upstream)).status, 201)
    assert.equal((await gateway.admin('PUT', '/services/s', { upstream_id: 'u' })).status, 201)
    const route = await putRoute(gateway, 'of-service', { uri: '/of-service', service_id: 's' } as { uri: string })
    for (const change of [
      () => gateway.admin('PATCH', '/upstreams/u', { kafka: { fetch_max_bytes: 4096 } }),
      () => gateway.admin('PATCH', '/services/s', { plugins: { 'kafka-proxy': {} } }),
    ]) {
      const client = await connectPubSub(route)
      assert.ok((await client.request(fetchFirst)).kafka_fetch_resp)
      assert.equal((await change()).status, 200)
      assert.equal((await client.nextClose()).code, 1012)
    }
    const refused = await gateway.admin('DELETE', '/upstreams/u')
    assert.deepEqual(
      [refused.status, refused.body],
      [400, { error_msg: 'can not delete this upstream, service [s] is still using it now' }],
    )
  })

  it('that send garbage instead of WebSocket frames are closed, and nobody else notices', async () => {
    const other = await connectPubSub(url)
    const { hostname, port } = new URL(url)
    const raw = connect(Number(port), hostname)
    raw.write(
      'GET /kafka HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    raw.once('data', () => raw.write(Buffer.from([0xff, 0x00, 0x01, 0x02])))
    await closed(raw)
    assert.ok((await other.request(fetchFirst)).kafka_fetch_resp)
    await other.close()
  })
})
