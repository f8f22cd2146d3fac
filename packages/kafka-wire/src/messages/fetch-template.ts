import { encodeRequest } from '../api-request.ts'
import type { Isolation } from '../transcode.ts'
import { fetchRequest } from './fetch.ts'
import { FETCH_TOPIC_ID, type PartitionQuestion } from './fetch-question.ts'

/** What a fetch of one partition is made of. */
export interface OnePartition extends PartitionQuestion {
  readonly isolation: Isolation
  readonly rackId: string
}

// Where fields begin, in bytes, after the length of the frame, as fetchRequest writes one partition from v13 on. Request
// header: api_key INT16, api_version INT16, correlation_id INT32, client_id NULLABLE_STRING, no tagged field.
const CORRELATION_ID = 8
const CLIENT_ID = 12
/** From the first byte of the body, which begins with max_wait_ms from v15. */
const MAX_BYTES = 8
const OFFSET = 12 + 1 + 8 + 1 + 16 + 1 + 4 + 4
const LAST_FETCHED_EPOCH = OFFSET + 8
const PARTITION_MAX_BYTES = LAST_FETCHED_EPOCH + 4 + 8

/**
 * The Fetch request for one partition without a wait, encoded once: from one request to the next of a partition no more
 * than the offset and what goes with it differs. For versions that name topics by id.
 */
class FetchTemplate {
  readonly #version: number
  readonly #question: OnePartition
  readonly #frame: Buffer
  readonly #view: DataView
  readonly #bodyAt: number

  constructor(version: number, question: OnePartition, clientId: string) {
    this.#version = version
    this.#question = question
    const { isolation, rackId } = question
    const request = fetchRequest(
      version,
      { maxWaitMs: 0, maxBytes: 0, isolation, rackId, partitions: [question] },
      () => undefined,
    )
    this.#frame = encodeRequest(request, 0, clientId)
    this.#view = new DataView(this.#frame.buffer, this.#frame.byteOffset, this.#frame.length)
    const replicaId = version <= 14 ? 4 : 0
    this.#bodyAt = CLIENT_ID + 2 + Buffer.byteLength(clientId) + 1 + replicaId
  }

  /** Whether the question is about what the template was made for. */
  fits(version: number, { topicId, partition, leaderEpoch, isolation, rackId }: OnePartition): boolean {
    const own = this.#question
    return (
      this.#version === version &&
      own.partition === partition &&
      own.topicId === topicId &&
      own.leaderEpoch === leaderEpoch &&
      own.isolation === isolation &&
      own.rackId === rackId
    )
  }

  /** The frame that asks for this offset. */
  encode(correlationId: number, { offset, lastFetchedEpoch, maxBytes }: OnePartition): Buffer {
    const view = this.#view
    const at = this.#bodyAt
    view.setInt32(CORRELATION_ID, correlationId)
    view.setInt32(at + MAX_BYTES, maxBytes)
    view.setBigInt64(at + OFFSET, offset)
    view.setInt32(at + LAST_FETCHED_EPOCH, lastFetchedEpoch)
    view.setInt32(at + PARTITION_MAX_BYTES, maxBytes)
    return Buffer.from(this.#frame)
  }
}

/** Partitions for which a template is kept; each costs some hundred bytes. */
const MOST_TEMPLATES = 1000

/** The templates of one connection, made when they are first needed. */
export class FetchTemplates {
  readonly #byTopic = new Map<string, Map<number, FetchTemplate>>()
  #count = 0

  /** Whether requests of a version have templates. */
  static takes(version: number): boolean {
    return version >= FETCH_TOPIC_ID
  }

  /** The frame of a request for one partition, which is not to be waited for. */
  encode(version: number, question: OnePartition, correlationId: number, clientId: string): Buffer {
    const known = this.#byTopic.get(question.topicId ?? '')?.get(question.partition)
    const template = known?.fits(version, question) ? known : this.#make(version, question, clientId)
    return template.encode(correlationId, question)
  }

  #make(version: number, question: OnePartition, clientId: string): FetchTemplate {
    if (this.#count >= MOST_TEMPLATES) {
      this.#byTopic.clear()
      this.#count = 0
    }
    const { topicId = '', partition } = question
    let ofTopic = this.#byTopic.get(topicId)
    if (ofTopic === undefined) {
      ofTopic = new Map()
      this.#byTopic.set(topicId, ofTopic)
    }
    if (!ofTopic.has(partition)) this.#count++
    const template = new FetchTemplate(version, question, clientId)
    ofTopic.set(partition, template)
    return template
  }
}
