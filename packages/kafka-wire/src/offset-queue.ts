import { KafkaError } from './errors.ts'
import type { LanesOptions } from './lanes.ts'
import {
  LIST_OFFSETS,
  LIST_OFFSETS_MAX_TIMESTAMP,
  type ListOffsetsAnswer,
  type ListOffsetsQuestion,
  listOffsetsRequest,
} from './messages/list-offsets.ts'
import { RequestQueue } from './request-queue.ts'
import { SharedQuestion } from './shared-question.ts'
import { chooseVersion } from './versions.ts'

/** What a broker gave for a look-up. */
export interface OffsetAnswer extends ListOffsetsAnswer {
  readonly broker: string
}

/** The look-ups of offsets at one broker. */
export type OffsetQueue = RequestQueue<ListOffsetsQuestion, ListOffsetsAnswer, OffsetAnswer>

const MOST_PARTITIONS = 1000

export function createOffsetQueue(options: LanesOptions): OffsetQueue {
  return new RequestQueue(options, {
    apiName: LIST_OFFSETS.apiName,
    keyOf: ({ topic, partition, timestamp, isolation, leaderEpoch }) =>
      `${partition} ${timestamp} ${leaderEpoch} ${isolation} ${topic}`,
    isEqual: (one, other) =>
      one.partition === other.partition &&
      one.timestamp === other.timestamp &&
      one.topic === other.topic &&
      one.isolation === other.isolation &&
      one.leaderEpoch === other.leaderEpoch,
    share: (_question, onAbandoned) => new SharedQuestion(onAbandoned),
    compose: () => new LookUpGroup(),
    send(ready, questions, command) {
      const timeoutMs = Math.ceil(command.timeLeft)
      const version = chooseVersion(ready.versions, spokenFor(questions[0]), ready.connection.broker)
      return ready.connection.send(listOffsetsRequest(version, questions, timeoutMs), command)
    },
    toAnswer(result, broker) {
      if (result !== undefined) return { ...result, broker }
      throw new KafkaError('KAFKA_PROTOCOL', 'malformed answer: ListOffsets without partition', { broker })
    },
    mustGoAlone: () => false,
  })
}

/** An older broker would take this timestamp for a time. */
const spokenFor = (question: ListOffsetsQuestion | undefined) =>
  question !== undefined && isForNewer(question) ? { ...LIST_OFFSETS, min: LIST_OFFSETS_MAX_TIMESTAMP } : LIST_OFFSETS

const isForNewer = ({ timestamp }: ListOffsetsQuestion): boolean => timestamp === -3n

/**
 * Look-ups that may go in one request: it has one isolation level and each partition once, and what an older broker cannot
 * look up takes nothing from the others.
 */
class LookUpGroup {
  readonly #partitions = new Set<string>()
  #first: ListOffsetsQuestion | undefined

  add(question: ListOffsetsQuestion): boolean {
    this.#first ??= question
    const first = this.#first
    if (first.isolation !== question.isolation || isForNewer(first) !== isForNewer(question)) return false
    const name = `${question.partition} ${question.topic}`
    if (this.#partitions.size === MOST_PARTITIONS || this.#partitions.has(name)) return false
    this.#partitions.add(name)
    return true
  }
}
