import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { ApiRequest } from '../../src/api-request.ts'
import { KafkaError } from '../../src/errors.ts'
import { apiVersionsRequest } from '../../src/messages/api-versions.ts'
import { fetchRequest } from '../../src/messages/fetch.ts'
import { listOffsetsRequest } from '../../src/messages/list-offsets.ts'
import { metadataRequest } from '../../src/messages/metadata.ts'
import { saslAuthenticateRequest } from '../../src/messages/sasl-authenticate.ts'
import { saslHandshakeRequest } from '../../src/messages/sasl-handshake.ts'
import { Reader } from '../../src/primitives/reader.ts'
import { Writer } from '../../src/primitives/writer.ts'
import { runsOf } from '../support/arbitrary-log.ts'
import { mutate, mutations } from '../support/mutate.ts'

const golden = new Map<string, unknown>(
  Object.entries(JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8'))),
)

const versions = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

const read = {
  topic: 'orders',
  topicId: '01020304050607081112131415161718',
  partition: 3,
  leaderEpoch: 5,
  offset: 0n,
  maxBytes: 1048576,
  lastFetchedEpoch: 4,
}
const isolation = 'read_committed'
const fetchQuestion = { maxWaitMs: 500, maxBytes: 1048576, isolation, rackId: 'west', partitions: [read] } as const
const severalQuestion = { ...fetchQuestion, partitions: [read, { ...read, partition: 4 }] } as const
const offsetsQuestion = { ...read, isolation, timestamp: -1n } as const
const severalOffsets = [offsetsQuestion, { ...offsetsQuestion, partition: 4 }]

const requests: ApiRequest<unknown>[] = [
  ...versions(1, 4).map((version) => apiVersionsRequest(version, '0.1.0')),
  ...versions(4, 13).map((version) => metadataRequest(version, 'orders')),
  ...versions(2, 10).flatMap((version) =>
    [[offsetsQuestion], severalOffsets].map((questions) => listOffsetsRequest(version, questions, 1500)),
  ),
  ...versions(4, 17).flatMap((version) =>
    [fetchQuestion, severalQuestion].map((question) =>
      fetchRequest(version, question, (_index, records) => records.length),
    ),
  ),
  ...versions(0, 2).map((version) => saslAuthenticateRequest(version, Buffer.alloc(0))),
  saslHandshakeRequest('PLAIN'),
]

const answerOf = ({ apiName, version }: ApiRequest<unknown>): Buffer => {
  const hex = golden.get(`${apiName}Response v${version}`)
  assert.ok(typeof hex === 'string', `${apiName} v${version}`)
  return Buffer.from(hex, 'hex')
}

/** Reads an answer that may be anything: nothing but a KafkaError may come of it. */
const readAny = (request: ApiRequest<unknown>, answer: Buffer): void => {
  try {
    request.read(new Reader(answer))
  } catch (error) {
    assert.ok(error instanceof KafkaError && error.code === 'KAFKA_PROTOCOL', String(error))
    assert.ok(error.message.length < 200)
  }
}

describe('a hostile answer', () => {
  for (const request of requests) {
    test(`to ${request.apiName} v${request.version} is read or refused`, () => {
      const answer = answerOf(request)
      const changed = fc.property(mutations, (changes) => readAny(request, mutate(answer, changes)))
      fc.assert(changed, runsOf(200, 2000))
      const random = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => readAny(request, Buffer.from(bytes)))
      fc.assert(random, runsOf(50, 500))
    })
  }

  const million = 1_000_000
  const manyOf = (writer: Writer, count: number, each: Buffer): Buffer =>
    Buffer.concat([writer.int32(count).toBuffer(), Buffer.alloc(count * each.length, each)])
  const floods: [what: string, request: ApiRequest<unknown>, answer: Buffer][] = [
    ['brokers', metadataRequest(4, 'orders'), manyOf(new Writer().int32(0), million, Buffer.alloc(12))],
    [
      'topics',
      metadataRequest(4, 'orders'),
      manyOf(new Writer().int32(0).int32(0).int16(-1).int32(0), million, Buffer.alloc(9)),
    ],
    ['topics', listOffsetsRequest(2, [offsetsQuestion], 1500), manyOf(new Writer().int32(0), million, Buffer.alloc(6))],
    [
      'aborted transactions',
      fetchRequest(4, fetchQuestion, () => 0),
      manyOf(
        new Writer().int32(0).int32(1).string('orders', false).int32(1).int32(3).int16(0).int64(0n).int64(0n),
        million,
        Buffer.alloc(16),
      ),
    ],
    ['mechanisms', saslHandshakeRequest('PLAIN'), manyOf(new Writer().int16(0), million, Buffer.alloc(2))],
  ]
  for (const [what, request, answer] of floods) {
    test(`with a million ${what} to ${request.apiName} makes no object of them`, () => {
      assert.throws(() => request.read(new Reader(answer)), {
        code: 'KAFKA_PROTOCOL',
        message: 'malformed answer: its arrays have more than 500000 elements',
      })
    })
  }
})
