import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Dial } from '../../src/dial.ts'
import type { Writer } from '../../src/primitives/writer.ts'
import { type ProbeOptions, probeBroker } from '../../src/probe/probe-broker.ts'
import type { ProbeStep } from '../../src/probe/probe-steps.ts'
import { type FakeAnswer, FakeBrokers, type FakeRequest } from '../support/fake-broker.ts'

const node = { host: 'b', port: 9092 }
const sasl = { mechanism: 'PLAIN', username: 'ada', password: 'hunter2' } as const
const [METADATA, HANDSHAKE, VERSIONS, AUTHENTICATE] = [3, 17, 18, 36]
const NO_OPERATIONS = -(2 ** 31)
const [READ, DESCRIBE] = [1 << 3, 1 << 8]

/** Versions up to these by API key. */
const versions =
  (newest: Readonly<Record<number, number>>): FakeAnswer =>
  (writer) => {
    writer.int16(0)
    writer.array(Object.entries(newest), true, ([key, max]) =>
      writer.int16(Number(key)).int16(0).int16(max).noTaggedFields(true),
    )
    writer.int32(0).noTaggedFields(true)
  }

const ours = versions({ 1: 11, 2: 5, [METADATA]: 8, [HANDSHAKE]: 1, [VERSIONS]: 4, [AUTHENTICATE]: 1 })

const handshake =
  (errorCode: number, mechanisms: readonly string[]): FakeAnswer =>
  (writer) =>
    writer.int16(errorCode).array(mechanisms, false, (name) => writer.string(name, false))

const authenticated =
  (errorCode: number, message: string | null): FakeAnswer =>
  (writer) =>
    writer.int16(errorCode).string(message, false).bytes(Buffer.alloc(0), false).int64(0n)

/** Metadata v8 of a topic with one partition. */
const metadata =
  (errorCode: number, operations: number): FakeAnswer =>
  (writer: Writer) => {
    writer.int32(0).array([], false, () => {})
    writer.string('cluster', false).int32(0)
    writer.array(['orders'], false, (name) => {
      writer.int16(errorCode).string(name, false).boolean(false)
      writer.array(errorCode === 0 ? [0] : [], false, (partition) => {
        writer.int16(0).int32(partition).int32(0).int32(0)
        for (let list = 0; list < 3; list++) writer.array([], false, () => {})
      })
      writer.int32(operations)
    })
    writer.int32(NO_OPERATIONS)
  }

type Answers = Readonly<Record<number, FakeAnswer>>

function broker(answers: Answers): FakeBrokers {
  const brokers = new FakeBrokers()
  brokers.serve('b', 9092, ({ apiKey }: FakeRequest) => answers[apiKey] ?? 'close')
  return brokers
}

async function probe(answers: Answers, options: Partial<ProbeOptions> = {}) {
  const brokers = broker(answers)
  const steps = await probeBroker(node, {
    dial: brokers.dial,
    tls: undefined,
    sasl: undefined,
    topic: undefined,
    timeoutMs: 60_000,
    ...options,
  })
  assert.equal(brokers.streams.size, 0)
  return { steps, asked: brokers.requests.map(({ apiKey }) => apiKey) }
}

const outcome = (steps: readonly ProbeStep[]) => steps.map(({ step, error }) => [step, error?.code])
const good = (...steps: readonly string[]) => steps.map((step) => [step, undefined])

const open: Answers = { [VERSIONS]: ours, [HANDSHAKE]: handshake(34, []) }
const guarded: Answers = { [VERSIONS]: ours, [HANDSHAKE]: handshake(0, ['PLAIN', 'SCRAM-SHA-256']) }

describe('a broker that is tried', () => {
  it('is asked for its versions, and whether it wants a login, and is left', async () => {
    const { steps, asked } = await probe(open)
    assert.deepEqual(outcome(steps), good('tcp', 'api_versions', 'sasl'))
    assert.deepEqual(steps[1]?.facts.versions, { Fetch: 11, ListOffsets: 5, Metadata: 8 })
    assert.deepEqual(steps[2]?.facts.mechanisms, [])
    assert.deepEqual(asked, [VERSIONS, HANDSHAKE])
  })

  it('is said to be too old', async () => {
    const { steps } = await probe({ [VERSIONS]: versions({ 1: 3, 2: 5, [METADATA]: 8 }) })
    assert.deepEqual(outcome(steps).at(-1), ['api_versions', 'KAFKA_BROKER_TOO_OLD'])
  })

  it('is said to want a login where there are no credentials, with the mechanisms that it has', async () => {
    for (const errorCode of [0, 33]) {
      const mechanisms = ['GSSAPI', 'PLAIN']
      const { steps } = await probe({ ...open, [HANDSHAKE]: handshake(errorCode, mechanisms) }, { topic: 'orders' })
      assert.deepEqual(outcome(steps).at(-1), ['sasl', 'KAFKA_SASL_FAILED'])
      assert.deepEqual(steps.at(-1)?.facts.mechanisms, mechanisms)
      assert.match(steps.at(-1)?.error?.message ?? '', /offered are GSSAPI, PLAIN$/)
    }
  })

  it('is logged in to, and the mechanisms that it has are told', async () => {
    const { steps } = await probe({ ...guarded, [AUTHENTICATE]: authenticated(0, null) }, { sasl })
    assert.deepEqual(outcome(steps), good('tcp', 'api_versions', 'sasl'))
    assert.deepEqual(steps.at(-1)?.facts, { mechanism: 'PLAIN', mechanisms: ['PLAIN', 'SCRAM-SHA-256'] })
  })

  it('does not get its refusal shown with the password in it', async () => {
    const answers = { ...guarded, [AUTHENTICATE]: authenticated(58, 'hunter2 is wrong') }
    const { steps } = await probe(answers, { sasl, topic: 'orders' })
    assert.deepEqual(outcome(steps).at(-1), ['sasl', 'KAFKA_SASL_FAILED'])
    assert.deepEqual(steps.at(-1)?.facts.mechanisms, ['PLAIN', 'SCRAM-SHA-256'])
    assert.match(steps.at(-1)?.error?.message ?? '', /\*{6} is wrong$/)
  })

  it('is said to lack a mechanism', async () => {
    const { steps } = await probe({ ...open, [HANDSHAKE]: handshake(33, ['GSSAPI']) }, { sasl })
    assert.deepEqual(outcome(steps).at(-1), ['sasl', 'KAFKA_SASL_MECHANISM'])
    assert.deepEqual(steps.at(-1)?.facts, { mechanism: 'PLAIN', mechanisms: ['GSSAPI'] })
  })

  const topics: readonly (readonly [what: string, errorCode: number, operations: number, code: string | undefined])[] =
    [
      ['the user may read it', 0, READ | DESCRIBE, undefined],
      ['the broker does not tell what the user may do', 0, NO_OPERATIONS, undefined],
      ['the user may only describe it', 0, DESCRIBE, 'KAFKA_API_ERROR'],
      ['the user may not know of it', 29, NO_OPERATIONS, 'KAFKA_API_ERROR'],
      ['it does not exist', 3, NO_OPERATIONS, 'KAFKA_TOPIC_NOT_FOUND'],
      ['it has a name that none can have', 17, NO_OPERATIONS, 'KAFKA_API_ERROR'],
    ]
  for (const [what, errorCode, operations, code] of topics) {
    it(`is asked for a topic: ${what}`, async () => {
      const { steps } = await probe({ ...open, [METADATA]: metadata(errorCode, operations) }, { topic: 'orders' })
      const { step, error, facts } = steps.at(-1) ?? {}
      assert.deepEqual([step, error?.code, facts?.topic], ['topic', code, 'orders'])
      assert.equal(facts?.partitions, errorCode === 0 ? 1 : undefined)
      if (errorCode === 29 || operations === DESCRIBE) assert.equal(error?.apiError, 'TOPIC_AUTHORIZATION_FAILED')
    })
  }

  it('is given up at the deadline', async () => {
    const { steps } = await probe({ [VERSIONS]: 'hold' }, { timeoutMs: 20 })
    assert.deepEqual(outcome(steps).at(-1), ['api_versions', 'KAFKA_TIMEOUT'])
  })

  it('is said to have failed in the step that the dialler tells', async () => {
    for (const phase of ['dns', 'policy', 'tcp', 'tls'] as const) {
      const dial: Dial = () => Promise.reject(Object.assign(new Error('no'), { phase }))
      const { steps } = await probe({}, { dial })
      assert.deepEqual(
        steps.map(({ step, error }) => [step, error !== undefined]),
        [[phase, true]],
      )
    }
  })

  it('is dialled again without a check, and without our certificate, to see the one that is refused', async () => {
    const seen: (object | undefined)[] = []
    const dial: Dial = ({ tls }) => {
      seen.push(tls)
      return Promise.reject(
        Object.assign(new Error('no'), {
          phase: 'tls',
          cause: Object.assign(new Error('no'), { code: 'CERT_REVOKED' }),
        }),
      )
    }
    const { steps } = await probe({}, { dial, tls: { verify: true, ca: 'ca', serverName: 'n', cert: 'c', key: 'k' } })
    assert.deepEqual(outcome(steps), [['tls', 'KAFKA_TLS_FAILED']])
    assert.deepEqual(seen.slice(1), [{ verify: false, ca: 'ca', serverName: 'n' }])
  })
})
