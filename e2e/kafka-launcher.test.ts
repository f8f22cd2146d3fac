import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import {
  type KafkaHandle,
  openProducer,
  repositoryRoot,
  requireTool,
  setFirstOffset,
  startKafka,
  startProcess,
} from '@sluice/harness'
import { waitFor } from './support/wait.ts'

/** The Kafka that every other test relies on. */
describe('the Kafka launcher', () => {
  let kafka: KafkaHandle
  before(async () => {
    kafka = await startKafka({ listeners: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] })
  })
  after(() => kafka?.stop())

  it('opens every listener on a port of its own', async () => {
    const { internal, plaintext, ssl, saslPlaintext, saslSsl } = kafka.bootstrap
    const brokers = [internal, plaintext, ssl, saslPlaintext, saslSsl]
    assert.equal(new Set(brokers).size, 5)
    for (const broker of brokers) assert.ok(await accepts(broker), `${broker} accepts connections`)
  })

  it('lets both users in with PLAIN, however odd the password', async (t) => {
    const kcat = requireTool('kcat')
    if (kcat.skip) return t.skip(kcat.skip)
    for (const { username, password } of kafka.users) {
      const sasl = ['security.protocol=sasl_plaintext', 'sasl.mechanisms=PLAIN', `sasl.username=${username}`]
      const settings = [...sasl, `sasl.password=${password}`].flatMap((setting) => ['-X', setting])
      const listing = await startProcess(kcat.path, ['-L', '-b', kafka.bootstrap.saslPlaintext ?? '', ...settings])
      assert.deepEqual(await listing.exited, { code: 0, signal: null }, `${username}: ${listing.stderr}`)
    }
  })

  it('writes one batch for each call, in every codec', async () => {
    await kafka.createTopic('codecs')
    const producer = await kafka.producer()
    const written = []
    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      const records = [0, 1, 2].map((n) => ({ key: `k${n}`, value: 'x'.repeat(40_000), headers: { n: String(n) } }))
      written.push(...(await producer.send('codecs', records, { compression })))
    }
    assert.deepEqual(
      written,
      [0n, 3n, 6n, 9n, 12n].map((baseOffset) => ({ partition: 0, baseOffset })),
    )
  })

  it('commits and aborts transactions', async () => {
    await kafka.createTopic('transactions')
    const producer = await kafka.producer()
    const aborted = await producer.transaction()
    assert.deepEqual(await aborted.send('transactions', [{ value: 'a' }]), [{ partition: 0, baseOffset: 0n }])
    await aborted.abort()
    const committed = await producer.transaction()
    assert.deepEqual(await committed.send('transactions', [{ value: 'b' }]), [{ partition: 0, baseOffset: 2n }])
    await committed.commit()
    assert.deepEqual(await producer.send('transactions', [{ value: 'c' }]), [{ partition: 0, baseOffset: 4n }])
  })

  it('refuses to make a topic twice, where createTopics lets it be', async () => {
    const producer = await kafka.producer()
    await producer.createTopics([{ name: 'twice', partitions: 3 }])
    await producer.createTopics([{ name: 'twice', partitions: 3 }])
    await assert.rejects(kafka.createTopic('twice'), /topic twice exists already/)
    assert.equal(await kafka.leader('twice', 2), 1)
    assert.ok((await kafka.topics()).includes('twice'))
  })

  it('begins a partition beyond 2^53', async () => {
    const own = await startKafka()
    try {
      await own.createTopic('far')
      await setFirstOffset(own, 'far', 0, 2n ** 53n + 1n)
      const producer = await openProducer(own.bootstrap.internal)
      assert.deepEqual(await producer.send('far', [{ value: 'x' }, { value: 'y' }]), [
        { partition: 0, baseOffset: 2n ** 53n + 1n },
      ])
      assert.deepEqual(await producer.send('far', [{ value: 'z' }]), [{ partition: 0, baseOffset: 2n ** 53n + 3n }])
      await producer.close()
    } finally {
      await own.stop()
    }
  })

  it('comes back on the same ports after a kill, and stops while paused', async () => {
    const own = await startKafka()
    const [broker] = own.brokers
    assert.ok(broker)
    const pid = broker.pid
    await broker.kill()
    assert.ok(!(await accepts(own.bootstrap.plaintext)))
    await broker.restart()
    assert.notEqual(broker.pid, pid)
    assert.ok(await accepts(own.bootstrap.plaintext))
    broker.pause()
    await own.stop()
    assert.ok(isGone(broker.pid))
    assert.ok(!existsSync(dirname(dirname(broker.dataDirectory))), 'its folder is removed')
    await own.stop()
  })

  it('starts three nodes, and partitions move to those that live', async () => {
    const cluster = await startKafka({ brokers: 3 })
    try {
      assert.equal(cluster.bootstrap.plaintext?.split(',').length, 3)
      await cluster.createTopic('replicated', { replicationFactor: 3 })
      const first = await cluster.leader('replicated', 0)
      const leader = cluster.brokers.find(({ id }) => id === first)
      assert.ok(leader)
      await leader.kill()
      // kafkajs gives up sooner than a busy cluster notices.
      await waitFor(
        'another leader',
        () => cluster.leader('replicated', 0).catch(() => first),
        (now) => now !== first && now !== -1,
      )
      const producer = await openProducer(cluster.bootstrap.internal)
      assert.deepEqual(await producer.send('replicated', [{ value: 'after the failure' }]), [
        { partition: 0, baseOffset: 0n },
      ])
      await producer.close()
    } finally {
      await cluster.stop()
    }
  })

  it('gives up when asked to, and leaves nothing behind', async () => {
    const reason = new Error('changed my mind')
    await assert.rejects(startKafka({ signal: AbortSignal.abort(reason) }), (error) => error === reason)
  })

  it('says what the broker said when it does not start', async () => {
    await assert.rejects(startKafka({ properties: { 'num.network.threads': 'many' } }), {
      name: 'KafkaStartFailed',
      message: /num\.network\.threads/,
    })
  })

  it('does not outlive a process that is killed', async () => {
    const main = 'packages/harness/src/shared-broker-main.ts'
    const parent = spawn(process.execPath, [main], { cwd: repositoryRoot, stdio: ['pipe', 'pipe', 'inherit', 'ipc'] })
    assert.ok(parent.stdout)
    const [line] = await once(createInterface({ input: parent.stdout }), 'line')
    const { bootstrap, tls } = JSON.parse(line)
    parent.kill('SIGKILL')
    await once(parent, 'exit')
    const folder = dirname(tls.directory)
    while ((await accepts(bootstrap.plaintext)) || existsSync(folder)) await new Promise(setImmediate)
  })
})

function accepts(broker = ''): Promise<boolean> {
  const [host = '', port] = broker.split(':')
  const socket = connect(Number(port), host)
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  }).then((answer) => {
    socket.destroy()
    return answer === true
  })
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}
