import type { Command } from './command.ts'
import { KafkaError } from './errors.ts'
import { FairQueue } from './fair-queue.ts'
import { type Lane, Lanes, type LanesOptions } from './lanes.ts'
import type { ReadyConnection } from './open-connection.ts'
import type { SharedQuestion } from './shared-question.ts'

/** What is asked of one partition. */
interface Question {
  readonly topic: string
  readonly partition: number
}

/** How questions of one kind are asked. */
export interface RequestKind<Q extends Question, R, A> {
  readonly apiName: string
  /** Questions with one key are the same. */
  keyOf(question: Q): string
  /** Whether their keys are equal, for a few questions at less cost. */
  isEqual(one: Q, other: Q): boolean
  /** @param onAbandoned called when the last command has left before the answer */
  share(question: Q, onAbandoned: () => void): SharedQuestion<A>
  /** A request, which takes in what fits. */
  compose(): { add(question: Q): boolean }
  /** Resolves with the results in the order of the questions, undefined where the broker left one out. */
  send(ready: ReadyConnection, questions: readonly Q[], command: Command): Promise<readonly (R | undefined)[]>
  /** Throws what the broker had to say of this question, if that is an error. */
  toAnswer(result: R | undefined, broker: string): A
  /** Whether a question got nothing only because of those beside it; gives back what the result holds then. */
  mustGoAlone(question: Q, result: R): boolean
}

interface Queued<Q, A> {
  readonly question: Q
  readonly shared: SharedQuestion<A>
}

/**
 * Requests under way at once on a connection. A broker works at one of a connection after the other, so more of them only
 * wait in its socket, where nothing can join them any more.
 */
const DEPTH = 4
/** As many of one partition, which cannot go in one request: a client that asks ahead of a broker far away is not held up. */
const DEPTH_OF_PARTITION = 16
/** How far down the queue a request looks for partitions to take along. */
const LOOK_AHEAD = 256

/**
 * The questions to one broker that are answered at once. What cannot be sent yet waits here: equal ones are made one, and
 * those of different partitions go out together. One that was sent is never joined, for its answer may be older than the
 * command; one equal to it waits for its answer, as others may come to share the next. Askers have their turns, whatever
 * each has queued.
 */
export class RequestQueue<Q extends Question, R, A> {
  readonly #options: LanesOptions
  readonly #kind: RequestKind<Q, R, A>
  readonly #lanes: Lanes
  readonly #queued = new FairQueue<Queued<Q, A>>()
  /** Questions that got nothing beside others, which go alone. */
  readonly #alone: Queued<Q, A>[] = []
  /** A list, for there are few. */
  readonly #sent: Q[] = []
  #underWay = 0

  constructor(options: LanesOptions, kind: RequestKind<Q, R, A>) {
    this.#options = options
    this.#kind = kind
    this.#lanes = new Lanes(options)
  }

  /** Rejects as `KafkaConnection.send` does, and with the error of the partition. */
  ask(question: Q, command: Command): Promise<A> {
    if (this.#underWay === 0 || this.#mayGo(question)) return this.#sendOne(question, command)
    const { shared } = this.#queue(question, command.asker)
    command.waitsFor(this.#options.ready.connection.waitingFor(this.#kind.apiName))
    return shared.join(command)
  }

  /** Whether a question goes at once, past no other: one to which none is equal, and with which none could go. */
  #mayGo(question: Q): boolean {
    const { partition, topic } = question
    let isAskedAlready = false
    for (const sent of this.#sent) {
      if (sent.partition !== partition || sent.topic !== topic) continue
      if (this.#kind.isEqual(sent, question)) return false
      isAskedAlready = true
    }
    if (this.#underWay < DEPTH) return true
    if (!isAskedAlready) return false
    if (this.#queued.size === 0 && this.#underWay < DEPTH_OF_PARTITION) return true
    this.#lanes.widen(() => {
      this.#sendQueued()
      return this.#queued.size > 0
    })
    return false
  }

  #queue(question: Q, asker: object): Queued<Q, A> {
    const key = this.#kind.keyOf(question)
    const known = this.#queued.get(key)
    if (known !== undefined) {
      this.#queued.join(key, asker)
      return known
    }
    const shared = this.#kind.share(question, () => {
      // Once it was sent, another one may stand under its key.
      if (this.#queued.get(key) === queued) this.#queued.delete(key)
    })
    const queued = { question, shared }
    this.#queued.add(key, queued, asker)
    return queued
  }

  /** Without a queue there is nothing to share, and nothing to pay for it. */
  #sendOne(question: Q, command: Command): Promise<A> {
    const lane = this.#lanes.leastBusy()
    const { ready } = lane
    const questions = [question]
    const results = this.#kind.send(ready, questions, command)
    this.#enter(lane, questions)
    return results.then(
      ([result]) => {
        this.#leave(lane, questions)
        return this.#kind.toAnswer(result, ready.connection.broker)
      },
      (error: unknown) => {
        this.#leave(lane, questions)
        throw error
      },
    )
  }

  #enter(lane: Lane, questions: readonly Q[]): void {
    lane.underWay++
    this.#underWay++
    this.#sent.push(...questions)
  }

  #leave(lane: Lane, questions: readonly Q[]): void {
    for (const question of questions) this.#sent.splice(this.#sent.indexOf(question), 1)
    this.#underWay--
    this.#lanes.leave(lane, this.#queued.size > 0)
    this.#sendQueued()
  }

  #sendQueued(): void {
    while (this.#lanes.leastBusy().underWay < DEPTH) {
      const group = this.#nextGroup()
      if (group.length === 0) return
      void this.#sendGroup(group)
    }
  }

  #nextGroup(): readonly Queued<Q, A>[] {
    for (let alone = this.#alone.shift(); alone !== undefined; alone = this.#alone.shift())
      if (alone.shared.size > 0) return [alone]
    const request = this.#kind.compose()
    const group: Queued<Q, A>[] = []
    let looked = 0
    this.#queued.visit((key, queued) => {
      if (request.add(queued.question)) {
        group.push(queued)
        this.#queued.delete(key)
      }
      return ++looked < LOOK_AHEAD
    })
    return group
  }

  async #sendGroup(group: readonly Queued<Q, A>[]): Promise<void> {
    const { begin, end, target } = this.#options
    const { apiName, send } = this.#kind
    const questions = group.map(({ question }) => question)
    const lane = this.#lanes.leastBusy()
    this.#enter(lane, questions)
    let command: Command | undefined
    try {
      command = begin(Math.max(...group.map(({ shared }) => shared.deadline)))
      const ready = await this.#connection(lane, command)
      for (const { shared } of group) shared.waitsFor(ready.connection.waitingFor(apiName))
      const results = await send(ready, questions, command)
      for (const [index, queued] of group.entries())
        this.#settle(queued, results[index], ready.connection.broker, group.length > 1)
    } catch (error) {
      const broker = `${target.host}:${target.port}`
      const failure = error instanceof KafkaError ? error : new KafkaError('KAFKA_PROTOCOL', String(error), { broker })
      for (const { shared } of group) shared.fail(failure)
    } finally {
      if (command !== undefined) end(command)
      this.#leave(lane, questions)
    }
  }

  /** What queued while the connection was in use goes on the next one when it takes nothing more. */
  #connection({ ready }: Lane, command: Command): ReadyConnection | Promise<ReadyConnection> {
    const { pool, target } = this.#options
    return ready.connection.open ? ready : pool.shared(target, command)
  }

  #settle(queued: Queued<Q, A>, result: R | undefined, broker: string, inGroup: boolean): void {
    const { question, shared } = queued
    if (inGroup && result !== undefined && this.#kind.mustGoAlone(question, result)) {
      this.#alone.push(queued)
      return
    }
    try {
      shared.succeed(this.#kind.toAnswer(result, broker))
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      shared.fail(error)
    }
  }
}
