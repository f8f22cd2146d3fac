import {
  isSluiceError,
  type Log,
  type MessageSocket,
  type SchemeSession,
  type SessionLimits,
  type SluiceError,
} from '@sluice/spi'
import { AnswerQueue, type Slot } from './answer-queue.ts'
import { leastGrant, RunningCall } from './call.ts'
import type { Codec } from './codec.ts'
import { CommandFailed, CommandTimedOut, UnknownCommand } from './errors.ts'
import { type Outgoing, ownedBody, toBody, toFrame, toTextFrame } from './outgoing.ts'
import { type PubSubRequest, readBinaryRequest, readTextRequest } from './request.ts'
import type { SessionMetrics } from './session-metrics.ts'

/** A command handler whose message type is known only to its scheme. */
export type AnyHandler = (message: object, call: RunningCall) => object | Promise<object>

/** Where a session gets its handlers: opened at the first command, freed when the socket is gone. */
export interface HandlerSource {
  /** The handlers, at once if they are there. Rejects with what the client is to be told. */
  handlers(push: PushFunction): ReadonlyMap<string, AnyHandler> | Promise<ReadonlyMap<string, AnyHandler>>
  release(): void
}

/** Sends what no command asked for; false when the output queue is full. */
export type PushFunction = (answer: object, sequence: bigint) => boolean

/** What a session is made of. */
export interface SessionOptions {
  readonly socket: MessageSocket
  readonly codec: Codec
  readonly source: HandlerSource
  readonly limits: SessionLimits
  readonly commandTimeoutMs: number
  /** A text frame that works. */
  readonly example: string
  readonly metrics: SessionMetrics
  readonly log: Log
}

interface Pending {
  readonly request: PubSubRequest
  readonly arrived: number
}

interface Command extends Pending {
  readonly slot: Slot<Outgoing>
  readonly call: RunningCall
}

/**
 * One WebSocket speaking the pub/sub protocol: takes frames apart, runs commands concurrently, answers them in order, and
 * takes no more from a client than the client takes from us.
 */
export class PubSubSocketSession implements SchemeSession {
  readonly #options: SessionOptions
  readonly #waiting: Pending[] = []
  readonly #answers = new AnswerQueue<Outgoing>()
  readonly #running = new Set<Command>()
  /** Bytes granted to commands at work, answered but held back, or not yet taken by the client. */
  #outputBytes = 0
  #timer: NodeJS.Timeout | undefined
  #paused = false
  #closed = false
  #onDrained: (() => void) | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    options.socket.onMessage((data, isText) => this.#receive(data, isText))
    options.socket.onClose(() => this.#close())
  }

  drain(done: () => void): void {
    this.#onDrained = done
    this.#waiting.length = 0
    this.#pump()
  }

  #receive(data: Buffer, isText: boolean): void {
    if (this.#onDrained !== undefined || this.#closed) return
    const { codec, example } = this.#options
    const request = isText ? readTextRequest(codec, data.toString(), example) : readBinaryRequest(codec, data)
    this.#waiting.push({ request, arrived: performance.now() })
    this.#pump()
  }

  /** Starts what may start, then decides whether the client is read. */
  #pump(): void {
    if (this.#closed) return
    while (this.#waiting.length > 0 && this.#hasRoom()) {
      const next = this.#waiting.shift()
      if (next !== undefined) this.#start(next)
    }
    this.#readOrPause()
    if (this.#onDrained !== undefined && this.#answers.size === 0 && this.#outputBytes === 0) {
      const done = this.#onDrained
      this.#onDrained = () => {}
      done()
    }
  }

  #hasRoom(): boolean {
    const { limits, socket } = this.#options
    return this.#answers.size < limits.commandsInFlight && socket.queuedBytes < limits.outputQueueBytes
  }

  #readOrPause(): void {
    const pause = this.#waiting.length > 0 || !this.#hasRoom()
    if (pause === this.#paused) return
    this.#paused = pause
    if (pause) this.#options.socket.pause()
    else this.#options.socket.resume()
  }

  #start({ request, arrived }: Pending): void {
    const ordered = request.kind === 'refused' || request.ordered
    const slot = this.#answers.push(ordered)
    const deadline = arrived + this.#options.commandTimeoutMs
    const call = new RunningCall(request.sequence, deadline, (bytes) => this.#grant(bytes))
    const command: Command = { request, arrived, slot, call }
    if (request.kind === 'refused') {
      this.#fail(command, request.error)
    } else if (request.name === 'cmd_ping') {
      this.#succeed(command, { pong_resp: { state: request.message.state } })
    } else {
      this.#run(command, request.name, request.message)
    }
  }

  #run(command: Command, name: string, message: object): void {
    this.#running.add(command)
    try {
      const handlers = this.#options.source.handlers((answer, sequence) => this.#push(answer, sequence))
      const result =
        handlers instanceof Promise
          ? handlers.then((ready) => call(ready, name, message, command.call))
          : call(handlers, name, message, command.call)
      if (result instanceof Promise) {
        this.#armTimer()
        result.then(
          (answer) => this.#succeed(command, answer),
          (error: unknown) => this.#fail(command, error),
        )
      } else {
        this.#succeed(command, result)
      }
    } catch (error) {
      this.#fail(command, error)
    }
  }

  #grant(bytes: number): number {
    const free = 2 * this.#options.limits.outputQueueBytes - this.#outputBytes
    const granted = Math.min(bytes, Math.max(free, leastGrant))
    this.#outputBytes += granted
    return granted
  }

  #succeed(command: Command, answer: object): void {
    let made: ReturnType<typeof toBody>
    try {
      made = toBody(this.#options.codec, answer)
    } catch (error) {
      this.#fail(command, error)
      return
    }
    this.#answer(command, { ...answerOf(command), ...made }, 0)
  }

  #fail(command: Command, error: unknown): void {
    const known = isSluiceError(error) ? error : this.#unexpected(command, error)
    if (known.place.close !== undefined) {
      this.#options.socket.close(known.place.close, known.message)
      return
    }
    const code = known.place.reply ?? 0
    const body = ownedBody(this.#options.codec.encodeResponse('error_resp', { code, message: known.message }))
    this.#answer(command, { ...answerOf(command), name: 'error_resp', body }, code)
  }

  #unexpected({ request }: Command, error: unknown): SluiceError {
    const failed = new CommandFailed({ cause: error })
    const command = request.kind === 'command' ? request.name : undefined
    if (!this.#closed)
      this.#options.log.error({ err: error, code: failed.code, command }, 'a command failed unexpectedly')
    return failed
  }

  #answer(command: Command, outgoing: Outgoing, code: number): void {
    const isLate = command.slot.answer !== undefined || this.#closed
    this.#running.delete(command)
    if (isLate) {
      outgoing.body.release()
      return
    }
    const { request, arrived, call } = command
    const name = request.kind === 'command' ? request.name : 'none'
    this.#options.metrics.answered(name, code, (performance.now() - arrived) / 1000)
    this.#outputBytes += outgoing.body.byteLength - call.granted
    for (const ready of this.#answers.answer(command.slot, outgoing)) this.#send(ready)
    this.#pump()
  }

  #send(outgoing: Outgoing): void {
    const { codec, metrics, socket } = this.#options
    const { body, isText } = outgoing
    const frame = isText ? toTextFrame(codec, outgoing) : toFrame(codec, outgoing)
    metrics.sent(frame.byteLength)
    const taken = (): void => {
      this.#outputBytes -= body.byteLength
      body.release()
      this.#pump()
    }
    socket.send(frame.head, frame.chunks, taken, isText)
  }

  #push(answer: object, sequence: bigint): boolean {
    const { codec, limits, socket } = this.#options
    const made = toBody(codec, answer)
    if (this.#closed) {
      made.body.release()
      return false
    }
    this.#outputBytes += made.body.byteLength
    this.#send({ sequence, isText: false, ...made })
    return socket.queuedBytes < limits.outputQueueBytes
  }

  /** One timer serves all commands of the socket: they share a time-out, so the oldest is always due first. */
  #armTimer(): void {
    if (this.#timer !== undefined || this.#closed) return
    const [oldest] = this.#running
    if (oldest === undefined) return
    this.#timer = setTimeout(() => this.#expire(), Math.max(oldest.call.deadline - performance.now(), 0) + 1)
    this.#timer.unref()
  }

  #expire(): void {
    this.#timer = undefined
    const now = performance.now()
    for (const command of this.#running) {
      if (command.call.deadline > now) break
      const error = new CommandTimedOut(this.#options.commandTimeoutMs)
      command.call.abort(error)
      this.#fail(command, error)
    }
    this.#armTimer()
  }

  #close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#waiting.length = 0
    const gone = new Error('the client is gone')
    for (const command of this.#running) command.call.abort(gone)
    for (const answer of this.#answers.clear()) answer.body.release()
    this.#options.source.release()
  }
}

function answerOf({ request }: Command): { readonly sequence: bigint; readonly isText: boolean } {
  return { sequence: request.sequence, isText: request.isText }
}

function call(
  handlers: ReadonlyMap<string, AnyHandler>,
  name: string,
  message: object,
  running: RunningCall,
): object | Promise<object> {
  const handler = handlers.get(name)
  if (handler === undefined) throw new UnknownCommand()
  return handler(message, running)
}
