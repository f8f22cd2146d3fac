import { Writer } from './writer.ts'

/** A request of a version without compact types, and how to read its answer. */
export interface RawRequest<T> {
  readonly apiKey: number
  readonly version: number
  readonly body: Buffer
  /** Gets the answer after its correlation id; a view that is valid only during the call. */
  read(answer: Buffer): T
}

/** Fetch, key 1, v11, of one partition, never waiting and without a session. */
export function fetchRequest<T>(
  topic: string,
  offset: number,
  maxBytes: number,
  onRecords: (records: Buffer) => T,
): RawRequest<T> {
  const [replicaId, maxWaitMs, minBytes, isolation, sessionId, sessionEpoch] = [-1, 0, 0, 0, 0, -1]
  const body = new Writer().int32(replicaId).int32(maxWaitMs).int32(minBytes).int32(maxBytes).int8(isolation)
  body.int32(sessionId).int32(sessionEpoch)
  const [leaderEpoch, logStartOffset] = [-1, -1]
  body.int32(1).string(topic).int32(1).int32(0).int32(leaderEpoch).int64(offset).int64(logStartOffset).int32(maxBytes)
  const [forgottenTopics, rackId] = [0, '']
  body.int32(forgottenTopics).string(rackId)
  return {
    apiKey: 1,
    version: 11,
    body: body.toBuffer(),
    // throttle_time_ms INT32, error_code INT16, session_id INT32, [topic, [partition INT32, error_code INT16,
    // high_watermark INT64, last_stable_offset INT64, log_start_offset INT64, [aborted: 16 bytes],
    // preferred_read_replica INT32, records BYTES]]
    read(answer) {
      failOn('Fetch', answer.readInt16BE(4))
      const partition = afterTopic(answer, 10)
      failOn('Fetch', answer.readInt16BE(partition + 4))
      const aborted = Math.max(0, answer.readInt32BE(partition + 30))
      const records = partition + 34 + 16 * aborted + 4
      return onRecords(answer.subarray(records + 4, records + 4 + answer.readInt32BE(records)))
    },
  }
}

/** Produce, key 0, v7, of one batch to partition 0; answers when its leader has it. */
export function produceRequest(topic: string, batch: Buffer): RawRequest<void> {
  const [transactionalId, acks, timeoutMs] = [-1, 1, 30_000]
  const body = new Writer().int16(transactionalId).int16(acks).int32(timeoutMs)
  body.int32(1).string(topic).int32(1).int32(0).int32(batch.length).bytes(batch)
  return {
    apiKey: 0,
    version: 7,
    body: body.toBuffer(),
    // [topic, [partition INT32, error_code INT16, ...]]
    read: (answer) => failOn('Produce', answer.readInt16BE(afterTopic(answer, 0) + 4)),
  }
}

/** ListOffsets, key 2, v1, of partition 0, for the end of the log. */
export function listOffsetRequest(topic: string): RawRequest<number> {
  const [replicaId, latest] = [-1, -1]
  return {
    apiKey: 2,
    version: 1,
    body: new Writer().int32(replicaId).int32(1).string(topic).int32(1).int32(0).int64(latest).toBuffer(),
    // [topic, [partition INT32, error_code INT16, timestamp INT64, offset INT64]]
    read(answer) {
      const partition = afterTopic(answer, 0)
      failOn('ListOffsets', answer.readInt16BE(partition + 4))
      return Number(answer.readBigInt64BE(partition + 14))
    },
  }
}

/** A broker's address. */
export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

/** Metadata, key 3, v1: who leads partition 0 of a topic; undefined while nobody does. */
export function leaderRequest(topic: string): RawRequest<BrokerAddress | undefined> {
  return {
    apiKey: 3,
    version: 1,
    body: new Writer().int32(1).string(topic).toBuffer(),
    // [node_id INT32, host STRING, port INT32, rack STRING], controller_id INT32,
    // [error_code INT16, topic STRING, is_internal INT8, [error_code INT16, partition INT32, leader INT32, ...]]
    read(answer) {
      const brokers = new Map<number, BrokerAddress>()
      let at = 4
      for (let left = answer.readInt32BE(0); left > 0; left--) {
        const hostEnd = afterString(answer, at + 4)
        const host = answer.toString('utf8', at + 6, hostEnd)
        brokers.set(answer.readInt32BE(at), { host, port: answer.readInt32BE(hostEnd) })
        at = afterString(answer, hostEnd + 4)
      }
      const topicAt = at + 8
      if (answer.readInt16BE(topicAt) !== 0) return undefined
      const firstPartition = afterString(answer, topicAt + 2) + 5
      return brokers.get(answer.readInt32BE(firstPartition + 6))
    },
  }
}

/** The whole frame of a request: its length, header v1 and body. */
export function requestFrame({ apiKey, version, body }: RawRequest<unknown>, correlationId: number): Buffer {
  const header = new Writer().int16(apiKey).int16(version).int32(correlationId).string('sluice-bench').toBuffer()
  return new Writer()
    .int32(header.length + body.length)
    .bytes(header)
    .bytes(body)
    .toBuffer()
}

/** Where the first partition is in an answer with one topic, whose array begins at `at`. */
function afterTopic(answer: Buffer, at: number): number {
  return afterString(answer, at + 4) + 4
}

function afterString(answer: Buffer, at: number): number {
  return at + 2 + Math.max(0, answer.readInt16BE(at))
}

function failOn(apiName: string, errorCode: number): void {
  if (errorCode !== 0) throw new Error(`${apiName} was answered with Kafka's error code ${errorCode}`)
}
