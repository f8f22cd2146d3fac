import type { BrokerPool } from './broker-pool.ts'
import type { Command } from './command.ts'
import { KafkaError } from './errors.ts'
import { gaveNothing, releaseResult, toPartitionAnswer } from './fetch-outcome.ts'
import type { FetchResult } from './messages/fetch-answer.ts'
import { FetchTemplates } from './messages/fetch-template.ts'
import type { BrokerTarget, ReadyConnection } from './open-connection.ts'
import { createFetchRequest, type FetcherOptions, MOST_BYTES, type Transcoded } from './partition-fetcher.ts'
import { ReadGroup } from './read-group.ts'
import { isEqualRead, keyOf, type PartitionAnswer, type PartitionRead, SharedRead } from './shared-read.ts'

/** What a {@link FetchQueue} needs. */
export interface FetchQueueOptions extends FetcherOptions {
  readonly pool: BrokerPool
  readonly target: BrokerTarget
  readonly ready: ReadyConnection
  /** Makes the command of a request that several commands share. */
  begin(deadline: number): Command
  end(command: Command): void
}

/**
 * Requests under way at once. A broker works at one of a connection after the other, so more of them only wait in its
 * socket, where nothing can join them any more.
 */
const DEPTH = 4
/**
 * As many of one partition, which cannot go in one request: a client that asks ahead at a broker far away is not held up.
 */
const DEPTH_OF_PARTITION = 16
const MOST_PARTITIONS = 64
/** How far down the queue a request looks for partitions to take along. */
const LOOK_AHEAD = 256

/**
 * The fetches of one connection that are answered at once. What cannot be sent yet waits here: equal reads are made one,
 * and reads of different partitions go out together. A read that was sent is never joined, for its answer may be older
 * than the command; one equal to it waits for its answer, as others may come to share the next.
 */
export class FetchQueue {
  readonly #options: FetchQueueOptions
  readonly #templates = new FetchTemplates()
  readonly #queued = new Map<string, SharedRead>()
  /** Reads that got nothing beside others, which go alone. */
  readonly #alone: SharedRead[] = []
  /** A list, for there are few. */
  readonly #sent: PartitionRead[] = []
  #underWay = 0

  constructor(options: FetchQueueOptions) {
    this.#options = options
  }

  /** Rejects as `KafkaConnection.send` does, and with the error of a damaged batch. */
  read(read: PartitionRead, command: Command): Promise<PartitionAnswer> {
    if (this.#underWay === 0 || this.#mayGo(read)) return this.#sendOne(read, command)
    const key = keyOf(read)
    const shared = this.#queued.get(key) ?? this.#queue(key, read)
    command.waitsFor(this.#options.ready.connection.waitingFor('Fetch'))
    return shared.join(command)
  }

  /** Whether a read goes at once, past no other: one to which none is equal, and with which none could go. */
  #mayGo(read: PartitionRead): boolean {
    const isPlace = this.#underWay < DEPTH
    if (!isPlace && (this.#queued.size > 0 || this.#underWay >= DEPTH_OF_PARTITION)) return false
    let mayGo = isPlace
    for (const sent of this.#sent) {
      if (isEqualRead(sent, read)) return false
      mayGo ||= sent.partition === read.partition && sent.topic === read.topic
    }
    return mayGo
  }

  #queue(key: string, read: PartitionRead): SharedRead {
    const shared = new SharedRead(read, () => {
      // Once it was sent, another one may stand under its key.
      if (this.#queued.get(key) === shared) this.#queued.delete(key)
    })
    this.#queued.set(key, shared)
    return shared
  }

  /** Without a queue there is nothing to share, and nothing to pay for it. */
  #sendOne(read: PartitionRead, command: Command): Promise<PartitionAnswer> {
    const { ready } = this.#options
    const { connection } = ready
    const request = createFetchRequest(ready, [read], 0, this.#options, this.#templates)
    this.#underWay++
    this.#sent.push(read)
    return connection.send(request, command).then(
      ([result]) => {
        this.#done([read])
        return toPartitionAnswer(result, connection.broker)
      },
      (error: unknown) => {
        this.#done([read])
        throw error
      },
    )
  }

  #done(reads: readonly PartitionRead[]): void {
    for (const read of reads) this.#sent.splice(this.#sent.indexOf(read), 1)
    this.#underWay--
    while (this.#underWay < DEPTH) {
      const group = this.#nextGroup()
      if (group.length === 0) return
      this.#underWay++
      void this.#sendGroup(group)
    }
  }

  #nextGroup(): readonly SharedRead[] {
    for (let alone = this.#alone.shift(); alone !== undefined; alone = this.#alone.shift())
      if (alone.size > 0) return [alone]
    const together = new ReadGroup()
    const group: SharedRead[] = []
    let bytes = 0
    let looked = 0
    for (const [key, shared] of this.#queued) {
      if (++looked > LOOK_AHEAD || group.length === MOST_PARTITIONS) break
      if (group.length > 0 && bytes + shared.read.maxBytes > MOST_BYTES) continue
      if (!together.add(shared.read)) continue
      bytes += shared.read.maxBytes
      group.push(shared)
      this.#queued.delete(key)
    }
    return group
  }

  async #sendGroup(group: readonly SharedRead[]): Promise<void> {
    const { begin, end, target } = this.#options
    const reads = group.map(({ read }) => read)
    this.#sent.push(...reads)
    let command: Command | undefined
    try {
      command = begin(Math.max(...group.map(({ deadline }) => deadline)))
      const ready = await this.#connection(command)
      for (const shared of group) shared.waitsFor(ready.connection.waitingFor('Fetch'))
      const results = await ready.connection.send(
        createFetchRequest(ready, reads, 0, this.#options, this.#templates),
        command,
      )
      const { broker } = ready.connection
      for (const [index, shared] of group.entries()) this.#settle(shared, results[index], broker, group.length > 1)
    } catch (error) {
      const broker = `${target.host}:${target.port}`
      const failure = error instanceof KafkaError ? error : new KafkaError('KAFKA_PROTOCOL', String(error), { broker })
      for (const shared of group) shared.fail(failure)
    } finally {
      if (command !== undefined) end(command)
      this.#done(reads)
    }
  }

  /** What queued while the connection was in use goes on the next one when it takes nothing more. */
  #connection(command: Command): ReadyConnection | Promise<ReadyConnection> {
    const { ready, pool, target } = this.#options
    return ready.connection.open ? ready : pool.shared(target, command)
  }

  #settle(shared: SharedRead, result: FetchResult<Transcoded> | undefined, broker: string, inGroup: boolean): void {
    // Beside others a batch larger than the limit comes cut off, or not at all.
    if (inGroup && result !== undefined && gaveNothing(shared.read, result)) {
      releaseResult(result)
      this.#alone.push(shared)
      return
    }
    try {
      shared.succeed(toPartitionAnswer(result, broker))
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      shared.fail(error)
    }
  }
}
