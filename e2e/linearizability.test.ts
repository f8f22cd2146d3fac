import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  cleanUpAfter,
  count,
  type GatewayOptions,
  requireTool,
  startEtcd,
  startGateway,
  type TestGateway,
} from '@sluice/harness'
import { AdminHistory } from './support/admin-history.ts'
import { type Random, seeded } from './support/fuzz/random.ts'

const checker = requireTool('linearizability')
const etcd = requireTool('etcd')

const CLIENTS = 4
const KEYS = 4
/** Answers that each client gets in a round. */
const REQUESTS = 40

/** One client: asks this and that of the keys of a round, until it has asked often enough. */
async function work(
  history: AdminHistory,
  client: number,
  urlOf: () => string,
  round: number,
  random: Random,
  onAnswer: () => void,
): Promise<void> {
  const etags = new Map<string, string>()
  // What the round before left is there after a kill.
  for (let key = 0; round > 0 && key < KEYS; key++) await history.ask(client, urlOf(), 'get', `k${round - 1}-${key}`)
  for (let answers = 0; answers < REQUESTS; ) {
    const key = `k${round}-${random.below(KEYS)}`
    const kind = random.pick(['put', 'put', 'match', 'match', 'get', 'get', 'delete'] as const)
    const known = etags.get(key)
    const etag =
      kind === 'match' && known !== undefined
        ? await history.ask(client, urlOf(), 'put', key, known)
        : await history.ask(client, urlOf(), kind === 'match' ? 'get' : kind, key)
    if (etag === undefined) {
      // The gateway is on its way back.
      await delay(20)
      continue
    }
    answers++
    if (etag !== '') etags.set(key, etag)
    onAnswer()
  }
}

/**
 * Four clients at work, and in each round a gateway that is killed amid of it.
 *
 * @param kill takes a gateway away and brings it back
 */
async function play(rounds: number, urlOf: (client: number) => string, kill: (round: number) => Promise<void>) {
  const history = new AdminHistory()
  for (let round = 0; round < rounds; round++) {
    const { promise: underWay, resolve } = Promise.withResolvers<void>()
    let answers = 0
    const onAnswer = (): void => {
      if (++answers === CLIENTS * 10) resolve()
    }
    const clients = Array.from({ length: CLIENTS }, (_, client) =>
      seeded(Date.now(), round * CLIENTS + client, (random) =>
        work(history, client, () => urlOf(client), round, random, onAnswer),
      ),
    )
    await underWay
    await kill(round)
    await Promise.all(clients)
  }
  return history
}

async function checkHistory(history: AdminHistory): Promise<void> {
  const { code, output } = await history.verdict(checker.path)
  assert.equal(code, 0, `${output}\n${history.records.map((record) => JSON.stringify(record)).join('\n')}`)
  assert.match(output, /^Ok: \d+ requests/)
  const statuses = new Set(history.records.map(({ op, status }) => `${op} ${status}`))
  for (const each of ['put 200', 'put 201', 'put 412', 'get 200', 'get 404', 'delete 200', 'delete 404']) {
    assert.ok(statuses.has(each), `${each} is part of the history`)
  }
}

it('the embedded store is linearizable under four clients and kills', { skip: checker.skip }, async (t) => {
  const { defer } = cleanUpAfter(t)
  const folder = await mkdtemp(join(tmpdir(), 'sluice-linear-'))
  defer(() => rm(folder, { recursive: true, force: true }))
  let gateway = await startGateway({ folder, workers: 1 })
  defer(() => gateway.stop())
  const history = await play(
    count(5, 40),
    () => gateway.adminUrl,
    async () => {
      await gateway.stop('SIGKILL')
      gateway = await startGateway({ folder, workers: 1 })
    },
  )
  await checkHistory(history)
})

it('three gateways on etcd are linearizable under four clients and kills', {
  skip: checker.skip || etcd.skip,
}, async (t) => {
  const { defer } = cleanUpAfter(t)
  const store = await startEtcd()
  defer(() => store.stop())
  const options: GatewayOptions = {
    workers: 1,
    env: { SLUICE_ENCRYPTION_KEY: `linear:${randomBytes(32).toString('base64')}` },
    deployment: `  role_traditional: { config_provider: etcd }\n  etcd: { host: ${JSON.stringify(store.urls)} }`,
  }
  const gateways: TestGateway[] = await Promise.all([1, 2, 3].map(() => startGateway(options)))
  defer(() => Promise.all(gateways.map((gateway) => gateway.stop())))
  const at = (index: number): TestGateway => gateways[index % gateways.length] ?? assert.fail('there are three')
  const history = await play(
    count(5, 40),
    (client) => at(client).adminUrl,
    async (round) => {
      const index = round % gateways.length
      await at(index).stop('SIGKILL')
      gateways[index] = await startGateway(options)
    },
  )
  await checkHistory(history)
})

it('the checker refuses a lost write, an old value, and a condition that did not hold', {
  skip: checker.skip,
}, async () => {
  const put = {
    client: 0,
    key: 'k',
    op: 'put' as const,
    value: '/v1',
    match: '',
    call: 1,
    return: 2,
    status: 201,
    etag: '"1"',
  }
  const second = { ...put, value: '/v2', call: 3, return: 4, status: 200, etag: '"2"' }
  const get = { ...put, client: 1, op: 'get' as const, call: 5, return: 6, status: 200 }
  const verdict = async (...records: AdminHistory['records']) => {
    const history = new AdminHistory()
    history.records.push(...records)
    return (await history.verdict(checker.path)).output.split(':')[0]
  }
  assert.equal(await verdict(put, second, { ...get, value: '/v2', etag: '"2"' }), 'Ok')
  assert.equal(await verdict(put, second, { ...get, value: '/v1' }), 'Illegal')
  assert.equal(await verdict(put, second, { ...get, value: '', status: 404, etag: '' }), 'Illegal')
  assert.equal(await verdict(put, { ...second, match: '"9"' }), 'Illegal')
  assert.equal(
    await verdict(put, { ...second, match: '"1"' }, { ...second, match: '"1"', etag: '"3"', call: 5, return: 6 }),
    'Illegal',
  )
  // Without an answer it may have been written, or not.
  const unknown = { ...second, return: 0, status: 0, etag: '' }
  assert.equal(await verdict(put, unknown, { ...get, value: '/v2', etag: '"2"' }), 'Ok')
  assert.equal(await verdict(put, unknown, get), 'Ok')
})
