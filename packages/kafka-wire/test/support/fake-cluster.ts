import type { Reader } from '../../src/primitives/reader.ts'
import type { Writer } from '../../src/primitives/writer.ts'
import { type FakeAnswer, FakeBrokers, type FakeRequest } from './fake-broker.ts'
import { FakeSessions, type SessionRequest } from './fake-sessions.ts'

export const TOPIC_ID = '000102030405060708090a0b0c0d0e0f'

/** What a Fetch asks of a partition. */
interface PartitionAsked {
  readonly topicId: string
  readonly partition: number
  readonly leaderEpoch: number
  readonly lastFetchedEpoch: number
  readonly offset: bigint
  readonly partitionMaxBytes: number
}

export interface FetchAsked extends PartitionAsked {
  readonly broker: number
  readonly rackId: string
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly isolation: number
  /** Place of the partition in its request, and how many there are. */
  readonly index: number
  readonly count: number
}

export interface FetchReply {
  readonly errorCode?: number
  readonly highWatermark?: bigint
  readonly lastStableOffset?: bigint
  readonly aborted?: readonly { readonly producerId: bigint; readonly firstOffset: bigint }[]
  readonly records?: Buffer
  readonly preferredReplica?: number
  readonly diverging?: { readonly epoch: number; readonly endOffset: bigint }
  readonly throttleMs?: number
  /** As a broker answers whose quota is used up: without any partition. */
  readonly isEmptied?: boolean
  /** 0 by default. */
  readonly partition?: number
  readonly leader?: { readonly id: number; readonly epoch: number; readonly host: string; readonly port: number }
}

export interface OffsetReply {
  /** 0 by default. */
  readonly partition?: number
  readonly errorCode?: number
  readonly offset: bigint
}

/** A cluster in memory with the topic `orders`, at the versions of Kafka 4.1; tests change its fields. */
export class FakeCluster {
  readonly brokers = new FakeBrokers()
  readonly hosts = new Map([
    [1, 'one.example'],
    [2, 'two.example'],
  ])
  topicError = 0
  topicId = TOPIC_ID
  partitionCount = 1
  leader = 1
  leaderEpoch = 5
  onMetadata: (request: FakeRequest) => FakeAnswer | undefined = () => undefined
  onFetch: (asked: FetchAsked) => FetchReply | 'hold' | 'close' = () => ({})
  onListOffsets: (
    timestamp: bigint,
    isolation: number,
    broker: number,
    partition: number,
  ) => { errorCode?: number; offset: bigint } | 'hold' = () => ({ offset: 0n })
  versions: readonly (readonly [number, number, number])[] = [
    [1, 4, 17],
    [2, 1, 10],
    [3, 0, 13],
    [17, 0, 1],
    [18, 0, 4],
    [36, 0, 2],
  ]
  readonly held: FakeRequest[] = []
  /** The fetch sessions of all its brokers. */
  readonly sessions = new FakeSessions<PartitionAsked>()
  /** What each request held asks for. */
  readonly asksOf = new WeakMap<FakeRequest, readonly FetchAsked[]>()
  readonly #sessionOf = new WeakMap<FakeRequest, number>()

  constructor() {
    for (const [id, host] of this.hosts) this.start(id, host)
  }

  start(id: number, host = this.hosts.get(id) ?? ''): void {
    this.brokers.serve(host, 9092, (request) => this.#handle(id, request))
  }

  /** Answers a Fetch that is held; within a session the partitions without a reply have no news. */
  answerHeld(request: FakeRequest, ...replies: readonly FetchReply[]): void {
    const sessionId = this.#sessionOf.get(request) ?? 0
    request.answer((writer) => writeFetchAnswer(writer, { sessionId }, replies))
  }

  asked(apiKey: number): number {
    return this.brokers.requests.filter((request) => request.apiKey === apiKey).length
  }

  #handle(id: number, request: FakeRequest): FakeAnswer {
    switch (request.apiKey) {
      case 18:
        return (writer) => this.#writeVersions(writer)
      case 3:
        return this.onMetadata(request) ?? ((writer) => this.#writeMetadata(writer, readTopic(request.body)))
      case 2:
        return this.#listOffsets(id, request)
      case 1:
        return this.#fetch(id, request)
      default:
        return 'close'
    }
  }

  #writeVersions(writer: Writer): void {
    writer.int16(0)
    writer.array(this.versions, true, ([key, min, max]) => writer.int16(key).int16(min).int16(max).noTaggedFields(true))
    writer.int32(0).noTaggedFields(true)
  }

  #writeMetadata(writer: Writer, topic: string): void {
    writer.int32(0)
    writer.array([...this.hosts], true, ([id, host]) =>
      writer.int32(id).string(host, true).int32(9092).string(null, true).noTaggedFields(true),
    )
    writer.string('cluster', true).int32(1)
    const errorCode = topic === 'orders' ? this.topicError : 3
    writer.array([topic], true, () => {
      writer.int16(errorCode).string(topic, true).uuid(this.topicId).boolean(false)
      writer.array([...Array(errorCode === 0 ? this.partitionCount : 0).keys()], true, (partition) => {
        writer.int16(0).int32(partition).int32(this.leader).int32(this.leaderEpoch)
        writer
          .array([], true, () => {})
          .array([], true, () => {})
          .array([], true, () => {})
          .noTaggedFields(true)
      })
      writer.int32(0).noTaggedFields(true)
    })
    writer.int16(0).noTaggedFields(true)
  }

  #listOffsets(id: number, request: FakeRequest): FakeAnswer {
    const { body } = request
    body.int32()
    const isolation = body.int8()
    const asked = body
      .array(true, 1, () => {
        body.string(true)
        const partitions = body.array(true, 1, () => {
          const partition = body.int32()
          body.int32()
          const timestamp = body.int64()
          body.taggedFields()
          return { partition, timestamp }
        })
        body.taggedFields()
        return partitions
      })
      .flat()
    const replies: OffsetReply[] = []
    for (const { partition, timestamp } of asked) {
      const reply = this.onListOffsets(timestamp, isolation, id, partition)
      if (reply === 'hold') {
        this.held.push(request)
        return 'hold'
      }
      replies.push({ partition, ...reply })
    }
    return (writer) => writeOffsets(writer, ...replies)
  }

  #fetch(id: number, request: FakeRequest): FakeAnswer {
    const { rest, ...named } = readFetch(id, request.body)
    const entered = this.sessions.enter(named)
    if (typeof entered === 'number') return (writer) => writeFetchAnswer(writer, { errorCode: entered }, [])
    const { sessionId } = entered
    const count = entered.asked.length
    const asked = entered.asked.map((each, index) => ({ ...rest, ...each, index, count }))
    const replies: FetchReply[] = []
    for (const each of asked) {
      const reply = this.onFetch(each)
      if (reply === 'hold') {
        this.held.push(request)
        this.asksOf.set(request, asked)
        this.#sessionOf.set(request, sessionId)
      }
      if (reply === 'hold' || reply === 'close') return reply
      const { records, errorCode = 0, highWatermark = 0n } = reply
      if (entered.hasNews(each, highWatermark) || records !== undefined || errorCode !== 0)
        replies.push({ partition: each.partition, ...reply })
    }
    return (writer) => writeFetchAnswer(writer, { sessionId }, replies)
  }
}

/** The body of a ListOffsets answer v10. */
export function writeOffsets(writer: Writer, ...replies: readonly OffsetReply[]): void {
  writer.int32(0).array([0], true, () => {
    writer.string('orders', true).array(replies, true, ({ partition = 0, errorCode = 0, offset }) => {
      writer.int32(partition).int16(errorCode).int64(-1n).int64(offset).int32(-1).noTaggedFields(true)
    })
    writer.noTaggedFields(true)
  })
  writer.noTaggedFields(true)
}

/** The body of a Fetch answer v17 outside of a session. */
export function writeFetch(writer: Writer, ...replies: readonly FetchReply[]): void {
  writeFetchAnswer(writer, {}, replies)
}

/** The body of a Fetch answer v17. */
function writeFetchAnswer(
  writer: Writer,
  { errorCode = 0, sessionId = 0 }: { readonly errorCode?: number; readonly sessionId?: number },
  replies: readonly FetchReply[],
): void {
  const [first] = replies
  writer
    .int32(first?.throttleMs ?? 0)
    .int16(errorCode)
    .int32(sessionId)
  writer.array(first === undefined || first.isEmptied ? [] : [0], true, () => {
    writer.uuid(TOPIC_ID).array(replies, true, (reply) => {
      const highWatermark = reply.highWatermark ?? 0n
      writer
        .int32(reply.partition ?? 0)
        .int16(reply.errorCode ?? 0)
        .int64(highWatermark)
      writer.int64(reply.lastStableOffset ?? highWatermark).int64(0n)
      writer.array(reply.aborted ?? [], true, ({ producerId, firstOffset }) =>
        writer.int64(producerId).int64(firstOffset).noTaggedFields(true),
      )
      writer.int32(reply.preferredReplica ?? -1).bytes(reply.records ?? Buffer.alloc(0), true)
      writer.uvarint((reply.diverging === undefined ? 0 : 1) + (reply.leader === undefined ? 0 : 1))
      if (reply.diverging !== undefined) {
        writer.uvarint(0).uvarint(13).int32(reply.diverging.epoch).int64(reply.diverging.endOffset).noTaggedFields(true)
      }
      if (reply.leader !== undefined)
        writer.uvarint(1).uvarint(9).int32(reply.leader.id).int32(reply.leader.epoch).noTaggedFields(true)
    })
    writer.noTaggedFields(true)
  })
  if (first?.leader === undefined) writer.noTaggedFields(true)
  else {
    const { id, host, port } = first.leader
    const length = 1 + 4 + 1 + host.length + 4 + 1 + 1
    writer.uvarint(1).uvarint(0).uvarint(length).uvarint(2)
    writer.int32(id).string(host, true).int32(port).string(null, true).noTaggedFields(true)
  }
}

function readTopic(body: Reader): string {
  const [topic] = body.array(true, 1, () => {
    body.uuid()
    const name = body.string(true)
    body.taggedFields()
    return name
  })
  return topic ?? ''
}

function readFetch(
  broker: number,
  body: Reader,
): SessionRequest<PartitionAsked> & { readonly rest: Omit<FetchAsked, keyof PartitionAsked | 'index' | 'count'> } {
  const [maxWaitMs, minBytes, maxBytes, isolation] = [body.int32(), body.int32(), body.int32(), body.int8()]
  const [sessionId, epoch] = [body.int32(), body.int32()]
  const named = body
    .array(true, 1, () => {
      const topicId = body.uuid()
      const partitions = body.array(true, 1, () => {
        const [partition, leaderEpoch, offset] = [body.int32(), body.int32(), body.int64()]
        const lastFetchedEpoch = body.int32()
        body.int64()
        const partitionMaxBytes = body.int32()
        body.taggedFields()
        return { topicId, partition, leaderEpoch, lastFetchedEpoch, offset, partitionMaxBytes }
      })
      body.taggedFields()
      return partitions
    })
    .flat()
  if (named.length === 0 && epoch <= 0 && sessionId === 0) throw new Error('a Fetch without partition')
  const forgotten = body
    .array(true, 1, () => {
      const topicId = body.uuid()
      const partitions = body.array(true, 4, () => ({ topicId, partition: body.int32() }))
      body.taggedFields()
      return partitions
    })
    .flat()
  const rackId = body.string(true)
  return { sessionId, epoch, named, forgotten, rest: { broker, rackId, maxWaitMs, minBytes, maxBytes, isolation } }
}
