import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { ApiRequest } from '../../src/api-request.ts'
import { apiVersionsRequest } from '../../src/messages/api-versions.ts'
import { fetchRequest } from '../../src/messages/fetch.ts'
import { listOffsetsRequest } from '../../src/messages/list-offsets.ts'
import { metadataRequest } from '../../src/messages/metadata.ts'
import { saslAuthenticateRequest } from '../../src/messages/sasl-authenticate.ts'
import { saslHandshakeRequest } from '../../src/messages/sasl-handshake.ts'
import { Reader } from '../../src/primitives/reader.ts'
import { Writer } from '../../src/primitives/writer.ts'

// Bodies as the serializers of Apache Kafka's own Java client (kafka-clients 4.1.1) write them.
const golden = new Map<string, unknown>(
  Object.entries(JSON.parse(readFileSync(new URL('golden.json', import.meta.url), 'utf8'))),
)

const TOPIC_ID = '01020304050607081112131415161718'

function bytes(name: string): Buffer {
  const hex = golden.get(name)
  assert.ok(typeof hex === 'string', name)
  return Buffer.from(hex, 'hex')
}

function check<T>(api: string, request: ApiRequest<T>, expected: T): void {
  const writer = new Writer()
  request.write(writer)
  assert.equal(writer.toBuffer().toString('hex'), bytes(`${api}Request v${request.version}`).toString('hex'))
  const answer = bytes(`${api}Response v${request.version}`)
  const reader = new Reader(answer)
  assert.deepEqual(request.read(reader), expected)
  for (let cut = 0; cut < answer.length; cut++) {
    assert.throws(() => request.read(new Reader(answer.subarray(0, cut))), { code: 'KAFKA_PROTOCOL' }, `cut at ${cut}`)
  }
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

describe('requests and answers equal those of the Java client', () => {
  for (const version of range(1, 4)) {
    test(`ApiVersions v${version}`, () => {
      const request = apiVersionsRequest(version, '0.1.0')
      const writer = new Writer()
      request.write(writer)
      assert.deepEqual(writer.toBuffer(), bytes(`ApiVersionsRequest v${version}`))
      assert.deepEqual(request.read(new Reader(bytes(`ApiVersionsResponse v${version}`))), {
        errorCode: 0,
        versions: new Map([
          [1, { min: 4, max: 17 }],
          [18, { min: 0, max: 4 }],
        ]),
      })
    })
  }

  test('ApiVersions: a refusal of the version comes in v0 form', () => {
    const answer = Buffer.from('0023000000010012000000030000', 'hex')
    assert.deepEqual(apiVersionsRequest(4, '0.1.0').read(new Reader(answer)), {
      errorCode: 35,
      versions: new Map([[18, { min: 0, max: 3 }]]),
    })
  })

  test('SaslHandshake v1', () => {
    check('SaslHandshake', saslHandshakeRequest('PLAIN'), { errorCode: 33, mechanisms: ['PLAIN', 'SCRAM-SHA-256'] })
  })

  for (const version of range(0, 2)) {
    test(`SaslAuthenticate v${version}`, () => {
      const request = saslAuthenticateRequest(version, Buffer.from([1, 2, 3]))
      const writer = new Writer()
      request.write(writer)
      assert.deepEqual(writer.toBuffer(), bytes(`SaslAuthenticateRequest v${version}`))
      assert.deepEqual(request.read(new Reader(bytes(`SaslAuthenticateResponse v${version}`))), {
        errorCode: 58,
        errorMessage: 'no',
        authBytes: Buffer.from([4, 5]),
        sessionLifetimeMs: version >= 1 ? 3_600_000 : 0,
      })
    })
  }

  for (const version of range(4, 13)) {
    test(`Metadata v${version}`, () => {
      const request = metadataRequest(version, 'orders')
      const writer = new Writer()
      request.write(writer)
      assert.deepEqual(writer.toBuffer(), bytes(`MetadataRequest v${version}`))
      assert.deepEqual(request.read(new Reader(bytes(`MetadataResponse v${version}`))), {
        errorCode: version >= 13 ? 129 : 0,
        brokers: [
          { nodeId: 1, host: 'one.example', port: 9092 },
          { nodeId: 2, host: 'two.example', port: 9093 },
        ],
        topics: [
          {
            errorCode: 0,
            name: 'orders',
            topicId: version >= 10 ? TOPIC_ID : undefined,
            partitions: new Map([[0, { partition: 0, leaderId: 2, leaderEpoch: version >= 7 ? 5 : -1 }]]),
          },
        ],
      })
    })
  }

  for (const version of range(2, 10)) {
    test(`ListOffsets v${version}`, () => {
      const question = {
        topic: 'orders',
        partition: 3,
        leaderEpoch: 5,
        timestamp: -1n,
        isolation: 'read_committed',
      } as const
      const request = listOffsetsRequest(version, [question], 1500)
      const writer = new Writer()
      request.write(writer)
      assert.deepEqual(writer.toBuffer(), bytes(`ListOffsetsRequest v${version}`))
      const answer = request.read(new Reader(bytes(`ListOffsetsResponse v${version}`)))
      assert.deepEqual(answer, [{ errorCode: 6, offset: 9007199254740993n }])
    })
  }

  for (const version of range(4, 17)) {
    test(`Fetch v${version}`, () => {
      const read = {
        topic: 'orders',
        topicId: TOPIC_ID,
        partition: 3,
        leaderEpoch: 5,
        offset: 9007199254740993n,
        maxBytes: 1048576,
        lastFetchedEpoch: -1,
      }
      const question = {
        maxWaitMs: 500,
        maxBytes: 1048576,
        isolation: 'read_committed',
        rackId: '',
        partitions: [read],
      } as const
      const request = fetchRequest(version, question, (index, records, aborted) => [
        index,
        records.toString('hex'),
        aborted,
      ])
      const endpoints = version >= 16 ? [{ nodeId: 2, host: 'two.example', port: 9093 }] : []
      const header = {
        errorCode: 0,
        highWatermark: 100n,
        lastStableOffset: 90n,
        logStartOffset: version >= 5 ? 4n : -1n,
        leaderHint: version >= 12 ? { leaderId: 2, leaderEpoch: 6, endpoints } : undefined,
        preferredReplica: -1,
        diverging: version >= 12 ? { epoch: 1, endOffset: 2n } : undefined,
      }
      check('Fetch', request, [{ header, records: [0, '09080706', [{ producerId: 77n, firstOffset: 12n }]] }])
    })
  }

  for (const version of range(7, 17)) {
    test(`Fetch v${version} in a session`, () => {
      const ofTopic = { topic: 'orders', topicId: TOPIC_ID, leaderEpoch: 5, lastFetchedEpoch: -1, maxBytes: 1048576 }
      const [first, second, third] = [1, 2, 3].map((partition) => ({
        ...ofTopic,
        partition,
        offset: 9007199254740993n,
      }))
      assert.ok(first && second && third)
      const told: (readonly number[])[] = []
      const session = {
        id: 77,
        epoch: 3,
        named: [third],
        forgotten: [first, second],
        answered: (errorCode: number, sessionId: number) => told.push([errorCode, sessionId]) > 0,
      }
      const rest = { maxWaitMs: 500, maxBytes: 1048576, isolation: 'read_committed', rackId: '' } as const
      const request = fetchRequest(version, { ...rest, partitions: [third], session }, () => 0)
      const writer = new Writer()
      request.write(writer)
      assert.deepEqual(writer.toBuffer(), bytes(`FetchRequest in a session v${version}`))
      assert.deepEqual(request.read(new Reader(bytes(`FetchResponse without news v${version}`))), [undefined])
      assert.deepEqual(told, [[0, 77]])
    })
  }
})
