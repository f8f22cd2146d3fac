import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigSnapshot } from '@sluice/core'
import { createMetrics } from '../../src/metrics.ts'
import type { WorkerEvents } from '../../src/workers/fork-worker.ts'
import type { FromWorker, ToWorker, WorkerSetup } from '../../src/workers/messages.ts'
import { WorkerPool } from '../../src/workers/worker-pool.ts'
import { createRecordedLog } from '../support/recorded-log.ts'

/** The process of a worker in the hands of a test. */
interface FakeWorker {
  readonly id: number
  readonly sent: ToWorker[]
  tell(message: FromWorker): void
  end(signal: string): void
}

const setup: WorkerSetup = {
  settings: {
    log: { level: 'info', format: 'json' },
    limits: { commandsInFlight: 1, outputQueueBytes: 1, stallMs: 1, messageBytes: 1 },
    keyring: [],
    pluginMs: 1,
    pingMs: 1,
    egress: { allow: [], requireVerify: false },
  },
  modules: [],
  keys: [],
}

const address = { host: '127.0.0.1', port: 1 }

function setUp(t: { after(hook: () => unknown): void }, count = 2) {
  const forked: FakeWorker[] = []
  const log = createRecordedLog()
  const metrics = createMetrics()
  t.after(metrics.close)
  let snapshot: ConfigSnapshot = { revision: 3, entries: [] }
  const fork = (id: number, events: WorkerEvents) => {
    const sent: ToWorker[] = []
    const end = (signal: string) => events.ended({ code: null, signal, complaint: '' })
    forked.push({ id, sent, tell: events.message, end })
    return { pid: id, send: (message: ToWorker) => void sent.push(message), kill: () => end('SIGKILL') }
  }
  const pool = new WorkerPool({ count, fork, setup, log, metrics, snapshot: async () => snapshot, revision: 3 })
  t.after(() => pool.close())
  const change = (revision: number) => {
    snapshot = { revision, entries: [] }
    pool.change({ revision, changes: [] })
  }
  const worker = (index: number) => {
    const found = forked[index]
    assert.ok(found)
    return found
  }
  /** Answers as a worker that gets ready. */
  const serve = async (index: number) => {
    // The snapshot is taken in a few turns of the microtask queue.
    await new Promise(setImmediate)
    const { sent, tell } = worker(index)
    const start = sent.find((message) => message.kind === 'start')
    assert.ok(start)
    tell({ kind: 'applied', revision: start.snapshot.revision })
    if (sent.some(({ kind }) => kind === 'listen')) tell({ kind: 'listening', listeners: 1 })
  }
  return { pool, forked, log, metrics, change, worker, serve }
}

type SetUp = ReturnType<typeof setUp>

async function serving({ pool, serve, forked }: SetUp): Promise<void> {
  const listening = pool.listen(address)
  for (const index of forked.keys()) await serve(index)
  await listening
}

const kinds = ({ sent }: FakeWorker) => sent.map(({ kind }) => kind)

test('workers get a snapshot, then where to listen, then every change', async (t) => {
  const all = setUp(t)
  await serving(all)
  assert.deepEqual(all.pool.ready, { ready: 2, of: 2 })
  all.change(4)
  for (const index of [0, 1]) assert.deepEqual(kinds(all.worker(index)), ['start', 'listen', 'change'])
})

test('a revision is served when the last worker has it', async (t) => {
  const all = setUp(t)
  await serving(all)
  all.change(4)
  let isServed = false
  const served = all.pool.served(4, 60_000).then(() => {
    isServed = true
  })
  all.worker(0).tell({ kind: 'applied', revision: 4 })
  await new Promise(setImmediate)
  assert.equal(isServed, false)
  assert.deepEqual(all.pool.behind(), [2])
  all.worker(1).tell({ kind: 'applied', revision: 4 })
  await served
  assert.deepEqual(all.pool.behind(), [])
})

test('a worker that is late is named and not waited for again until it has caught up', async (t) => {
  const all = setUp(t)
  await serving(all)
  all.change(4)
  all.worker(0).tell({ kind: 'applied', revision: 4 })
  await all.pool.served(4, 0)
  assert.deepEqual(all.pool.behind(), [2])
  assert.deepEqual(all.log.lines, ['error workers do not serve a change of the configuration yet'])
  all.change(5)
  all.worker(0).tell({ kind: 'applied', revision: 5 })
  await all.pool.served(5, 60_000)
  all.worker(1).tell({ kind: 'applied', revision: 5 })
  assert.deepEqual(all.pool.behind(), [])
  assert.equal(all.log.lines[1], 'info a worker serves the newest configuration again')
})

test('nobody waits for a worker that has ended; the next one gets the newest snapshot', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const all = setUp(t)
  await serving(all)
  all.change(4)
  const served = all.pool.served(4, 60_000)
  all.worker(0).tell({ kind: 'applied', revision: 4 })
  all.worker(1).end('SIGKILL')
  await served
  assert.deepEqual(all.pool.ready, { ready: 1, of: 2 })
  t.mock.timers.tick(99)
  assert.equal(all.forked.length, 2, 'not yet')
  t.mock.timers.tick(1)
  assert.equal(all.worker(2).id, 2)
  all.change(5)
  await all.serve(2)
  all.change(6)
  assert.deepEqual(kinds(all.worker(2)), ['start', 'listen', 'change'])
  assert.deepEqual(all.worker(2).sent[0], { kind: 'start', worker: 2, setup, snapshot: { revision: 5, entries: [] } })
  assert.deepEqual(all.pool.ready, { ready: 2, of: 2 })
})

test('a worker that ends over and over is started ever more slowly', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const all = setUp(t, 1)
  await serving(all)
  for (const [index, delay] of [100, 200, 400].entries()) {
    all.worker(index).end('SIGABRT')
    t.mock.timers.tick(delay - 1)
    assert.equal(all.forked.length, index + 1)
    t.mock.timers.tick(1)
    assert.equal(all.forked.length, index + 2)
  }
})

test('one that misses a change gets a snapshot', async (t) => {
  const all = setUp(t)
  await serving(all)
  all.change(4)
  all.worker(0).tell({ kind: 'behind' })
  await new Promise(setImmediate)
  assert.deepEqual(all.worker(0).sent.at(-1), { kind: 'snapshot', snapshot: { revision: 4, entries: [] } })
})

test('a start fails with the worker that ends before it serves, and why', async (t) => {
  const all = setUp(t)
  const listening = all.pool.listen(address)
  await all.serve(0)
  all.worker(1).tell({ kind: 'failed', message: 'no such module' })
  all.worker(1).end('SIGABRT')
  await assert.rejects(listening, { code: 'WORKER_START_FAILED', message: 'worker 2 did not start: no such module' })
})

test('totals stay when a worker ends, and one that does not answer is left out and counted', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const all = setUp(t)
  await serving(all)
  const families = [
    { name: 'a_total', help: 'A', type: 'counter', samples: [{ name: 'a_total', labels: {}, value: 5 }] },
    { name: 'b', help: 'B', type: 'gauge', samples: [{ name: 'b', labels: {}, value: 5 }] },
  ]
  const collect = async (answering: readonly number[]) => {
    const collected = all.pool.collect()
    for (const index of answering) {
      const scrape = all.worker(index).sent.findLast((message) => message.kind === 'scrape')?.scrape ?? 0
      all.worker(index).tell({ kind: 'metrics', scrape, families })
    }
    t.mock.timers.tick(2000)
    const found = new Map((await collected).map(({ name, samples }) => [name, samples[0]?.value]))
    return ['a_total', 'b', 'sluice_workers_unscraped', 'sluice_workers_ready'].map((name) => found.get(name))
  }
  assert.deepEqual(await collect([0, 1]), [10, 10, 0, 2])
  assert.deepEqual(await collect([0]), [10, 5, 1, 2])
  all.worker(1).end('SIGKILL')
  assert.deepEqual(await collect([0]), [10, 5, 1, 1])
})

test('a drain asks those that serve to go, ends the others and starts none', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const all = setUp(t)
  await serving(all)
  all.worker(1).end('SIGKILL')
  t.mock.timers.tick(100)
  const drained = all.pool.drain(1000)
  assert.deepEqual(all.worker(0).sent.at(-1), { kind: 'drain', timeoutMs: 1000 })
  assert.equal(all.forked.length, 3)
  all.worker(0).end('')
  await drained
  t.mock.timers.tick(60_000)
  assert.equal(all.forked.length, 3)
})

test('a worker that answers no ping for 30 seconds is ended and replaced', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  const all = setUp(t)
  await serving(all)
  const pings = (index: number) => kinds(all.worker(index)).filter((kind) => kind === 'ping').length
  const look = () => {
    t.mock.timers.tick(5000)
    all.worker(0).tell({ kind: 'pong' })
  }
  for (let looks = 0; looks < 6; looks++) look()
  assert.deepEqual(all.pool.ready, { ready: 2, of: 2 })
  assert.deepEqual([pings(0), pings(1)], [6, 1])
  look()
  assert.deepEqual(all.pool.ready, { ready: 1, of: 2 })
  t.mock.timers.tick(100)
  assert.equal(all.worker(2).id, 2)
  const families = (await all.metrics.collect()).find(({ name }) => name === 'sluice_worker_restarts_total')
  assert.deepEqual(families?.samples, [{ name: 'sluice_worker_restarts_total', labels: { reason: 'hung' }, value: 1 }])
})
