import type { Command } from './command.ts'
import type { KafkaError } from './errors.ts'
import type { FetchHeader } from './messages/fetch-answer.ts'
import type { PartitionQuestion } from './messages/fetch-question.ts'
import type { Isolation, TranscodeResult } from './transcode.ts'

/** What is read of one partition. */
export interface PartitionRead extends PartitionQuestion {
  readonly isolation: Isolation
  readonly rackId: string
}

/** What a broker gave for it. */
export interface PartitionAnswer {
  readonly broker: string
  readonly header: FetchHeader
  /** Undefined when the broker answered with an error; to be released by whoever gets it. */
  readonly records: TranscodeResult | undefined
}

/** Reads with one key are the same question: one answer serves them all. */
export function keyOf(read: PartitionRead): string {
  const { topic, topicId, partition, leaderEpoch, lastFetchedEpoch, offset, maxBytes, isolation, rackId } = read
  return `${partition} ${offset} ${maxBytes} ${leaderEpoch} ${lastFetchedEpoch} ${isolation} ${topicId} ${topic} ${rackId}`
}

/** Whether their keys are equal, for a few reads at less cost. */
export function isEqualRead(one: PartitionRead, other: PartitionRead): boolean {
  return (
    one.partition === other.partition &&
    one.offset === other.offset &&
    one.topic === other.topic &&
    one.topicId === other.topicId &&
    one.maxBytes === other.maxBytes &&
    one.isolation === other.isolation &&
    one.leaderEpoch === other.leaderEpoch &&
    one.lastFetchedEpoch === other.lastFetchedEpoch &&
    one.rackId === other.rackId
  )
}

interface Waiter {
  readonly command: Command
  resolve(answer: PartitionAnswer): void
  reject(error: unknown): void
  /** Takes the listener off the command. */
  forget(): void
}

/** One question that several commands wait for. Its answer is encoded once; each gets the same bytes. */
export class SharedRead {
  readonly read: PartitionRead
  readonly #onAbandoned: () => void
  readonly #waiters = new Set<Waiter>()
  /** Latest of the commands' deadlines, on the clock of `performance.now()`. */
  #deadline = 0

  /** @param onAbandoned called when the last command has left before the answer */
  constructor(read: PartitionRead, onAbandoned: () => void) {
    this.read = read
    this.#onAbandoned = onAbandoned
  }

  /** Commands that wait. */
  get size(): number {
    return this.#waiters.size
  }

  get deadline(): number {
    return this.#deadline
  }

  /** Says what the commands wait for from now on. */
  waitsFor(what: string): void {
    for (const { command } of this.#waiters) command.waitsFor(what)
  }

  /** Resolves with the answer; rejects when it fails, or when the command ends first. */
  join(command: Command): Promise<PartitionAnswer> {
    return new Promise((resolve, reject) => {
      this.#wait(command, resolve, reject)
    })
  }

  /** As `join`, but undefined when there is no answer until then, on the clock of `performance.now()`. */
  joinUntil(until: number, command: Command): Promise<PartitionAnswer | undefined> {
    return new Promise((resolve, reject) => {
      const waiter = this.#wait(command, resolve, reject)
      const timer = setTimeout(
        () => {
          waiter.forget()
          this.#remove(waiter)
          resolve(undefined)
        },
        Math.max(0, until - performance.now()),
      )
      const { forget } = waiter
      waiter.forget = () => {
        clearTimeout(timer)
        forget()
      }
    })
  }

  #wait(command: Command, resolve: Waiter['resolve'], reject: Waiter['reject']): Waiter {
    this.#deadline = Math.max(this.#deadline, command.deadline)
    const waiter: Waiter = { command, resolve, reject, forget: () => {} }
    this.#waiters.add(waiter)
    waiter.forget = command.onCancel((error) => {
      waiter.forget()
      this.#remove(waiter)
      reject(error)
    })
    return waiter
  }

  #remove(waiter: Waiter): void {
    if (this.#waiters.delete(waiter) && this.#waiters.size === 0) this.#onAbandoned()
  }

  /** Gives the answer to every command; releases it where none is left. */
  succeed({ broker, header, records }: PartitionAnswer): void {
    const waiters = this.#leave()
    if (records === undefined) {
      for (const { resolve } of waiters) resolve({ broker, header, records })
      return
    }
    const share = shareRecords(records, waiters.length)
    for (const { resolve } of waiters) resolve({ broker, header, records: share() })
  }

  fail(error: KafkaError): void {
    for (const { reject } of this.#leave()) reject(error)
  }

  #leave(): readonly Waiter[] {
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    for (const waiter of waiters) waiter.forget()
    return waiters
  }
}

/** Splits records among owners, the last of whom to release gives the memory back. */
function shareRecords(records: TranscodeResult, owners: number): () => TranscodeResult {
  if (owners === 1) return () => records
  let left = owners
  if (left === 0) records.release()
  return () => {
    let released = false
    // What stands in front of the body differs from owner to owner, so that nobody may write there.
    return {
      ...records,
      headroom: 0,
      release() {
        if (released) return
        released = true
        left--
        if (left === 0) records.release()
      },
    }
  }
}
