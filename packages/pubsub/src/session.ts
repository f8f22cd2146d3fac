import {
  type HookMessage,
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
import { Deadlines } from './deadlines.ts'
import { errorBody } from './error-body.ts'
import { CommandFailed, CommandTimedOut, SessionFailed, UnknownCommand } from './errors.ts'
import { Fifo } from './fifo.ts'
import type { HookChain } from './hook-chain.ts'
import type { BytesForms } from './json/bytes-forms.ts'
import { type NamedBody, type Outgoing, type OutgoingFrame, toBody, toFrame } from './outgoing.ts'
import { type PubSubRequest, type RequestedCommand, readBinaryRequest, readTextRequest } from './request.ts'
import type { SessionMetrics } from './session-metrics.ts'
import { TextAnswers } from './text-answers.ts'

/** A command handler whose message type is known only to its scheme. */
export type AnyHandler = (message: object, call: RunningCall) => object | Promise<object>

/** Where a session gets its handlers: opened at the first command, freed when the socket is gone. */
export interface HandlerSource {
  /** The handlers, at once if they are there. Rejects with what the client is to be told. */
  handlers(port: AnyPort): ReadonlyMap<string, AnyHandler> | Promise<ReadonlyMap<string, AnyHandler>>
  release(): void
}

/** What handlers may do besides answering, the types of whose messages are known only to their scheme. */
export interface AnyPort {
  /** Sends what no command asked for; false when the output queue is full. */
  push(answer: object, sequence: bigint): boolean
  /** Calls back when there is room again after `push` gave false. */
  onRoom(listener: () => void): void
}

/** What a session is made of. */
export interface SessionOptions {
  readonly socket: MessageSocket
  readonly codec: Codec
  readonly source: HandlerSource
  readonly limits: SessionLimits
  readonly commandTimeoutMs: number
  /** How `bytes` stand in text frames. */
  readonly bytesForms: BytesForms
  /** A text frame that works. */
  readonly example: string
  /** Its name, for the log. */
  readonly scheme: string
  readonly metrics: SessionMetrics
  /** Of plugins that look at messages. */
  readonly hooks?: HookChain
  readonly log: Log
}

/** A message of the client that has not been looked at: what it costs to keep is what the client has sent. */
interface Frame {
  readonly data: Buffer
  readonly isText: boolean
  readonly arrived: number
}

interface Command {
  readonly request: PubSubRequest
  readonly arrived: number
  readonly slot: Slot<Outgoing>
  readonly call: RunningCall
}

/**
 * One WebSocket speaking the pub/sub protocol: takes frames apart, runs commands concurrently, answers them in order, and
 * takes no more from a client than the client takes from us.
 */
export class PubSubSocketSession implements SchemeSession {
  readonly #options: SessionOptions
  readonly #waiting = new Fifo<Frame>()
  readonly #answers = new AnswerQueue<Outgoing>()
  readonly #running = new Deadlines<Command>((command) => this.#expire(command))
  /** Bytes granted to commands at work, answered but held back, or not yet taken by the client. */
  #outputBytes = 0
  #pumping = false
  #pumpAgain = false
  #paused = false
  #closed = false
  #onDrained: (() => void) | undefined
  #texts: TextAnswers | undefined

  readonly #port: AnyPort = {
    push: (answer, sequence) => {
      const made = this.#pushed(answer, sequence)
      if (made === undefined) return false
      if (this.#closed) {
        made.body.release()
        return false
      }
      this.#outputBytes += made.body.byteLength
      this.#send({ sequence, isText: this.#usesText, name: made.name, body: made.body })
      this.#isFull = !this.#hasQueueRoom()
      return !this.#isFull
    },
    onRoom: (listener) => this.#roomListeners.push(listener),
  }
  readonly #roomListeners: (() => void)[] = []
  /** Whether a push was told that there is no room. */
  #isFull = false
  /** Whether the client's last command was a text: what it did not ask for comes in the same form. */
  #usesText = false

  constructor(options: SessionOptions) {
    this.#options = options
    options.socket.onMessage((data, isText) => this.#receive(data, isText))
    options.socket.onClose(() => this.#close())
  }

  drain(done: () => void): void {
    this.#onDrained = done
    this.#waiting.clear()
    this.#pump()
  }

  #receive(data: Buffer, isText: boolean): void {
    if (this.#onDrained !== undefined || this.#closed) return
    this.#waiting.push({ data, isText, arrived: performance.now() })
    this.#pump()
  }

  /**
   * Starts what may start, then decides whether the client is read. What it starts may be answered at once and call it
   * again: that makes another turn of the loop and not a deeper stack, for a client can queue thousands of commands.
   */
  #pump(): void {
    this.#pumpAgain = true
    if (this.#pumping) return
    this.#pumping = true
    while (this.#pumpAgain && !this.#closed) {
      this.#pumpAgain = false
      this.#guard(() => this.#startWaiting())
      this.#guard(() => this.#tellRoom())
      this.#readOrPause()
      this.#tellDrained()
    }
    this.#pumping = false
  }

  #startWaiting(): void {
    while (this.#hasRoom()) {
      const frame = this.#waiting.shift()
      if (frame === undefined) return
      this.#start(frame)
    }
  }

  #tellDrained(): void {
    if (this.#onDrained === undefined || this.#answers.size > 0 || this.#outputBytes > 0) return
    const done = this.#onDrained
    this.#onDrained = () => {}
    done()
  }

  /** Runs what no exception may leave: one would end the process instead of this one socket. */
  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      const { code, message, place } = new SessionFailed({ cause: error })
      this.#options.log.error({ err: error, code }, 'a session failed')
      this.#options.socket.close(place.close ?? 1011, message)
    }
  }

  #hasRoom(): boolean {
    const atWork = this.#answers.size + (this.#texts?.count ?? 0)
    return atWork < this.#options.limits.commandsInFlight && this.#hasQueueRoom()
  }

  #hasQueueRoom(): boolean {
    const { limits, socket } = this.#options
    return socket.queuedBytes < limits.outputQueueBytes
  }

  #tellRoom(): void {
    if (!this.#isFull || this.#closed || !this.#hasQueueRoom()) return
    this.#isFull = false
    for (const listener of this.#roomListeners) listener()
  }

  #readOrPause(): void {
    const pause = this.#waiting.size > 0 || !this.#hasRoom()
    if (pause === this.#paused) return
    this.#paused = pause
    if (pause) this.#options.socket.pause()
    else this.#options.socket.resume()
  }

  #start({ data, isText, arrived }: Frame): void {
    this.#usesText = isText
    const { bytesForms, codec, commandTimeoutMs, example } = this.#options
    const request = isText
      ? readTextRequest(codec, data.toString(), bytesForms, example)
      : readBinaryRequest(codec, data)
    const slot = this.#answers.push(request.kind === 'refused' || request.ordered)
    const deadline = performance.now() + commandTimeoutMs
    const call = new RunningCall(request.sequence, deadline, (bytes) => this.#grant(slot, bytes))
    const command: Command = { request, arrived, slot, call }
    if (request.kind === 'refused') {
      this.#fail(command, request.error)
    } else if (this.#options.hooks !== undefined) {
      this.#runHooked(command, request, this.#options.hooks)
    } else if (request.name === 'cmd_ping') {
      this.#ping(command, request.message)
    } else {
      this.#running.add(command, deadline)
      this.#run(command, request.name, request.message)
    }
  }

  #ping(command: Command, { state }: HookMessage): void {
    this.#succeed(command, { pong_resp: { state } })
  }

  /** The command may be given up, or the client gone, before the hooks are done with it. */
  #runHooked(command: Command, request: RequestedCommand, hooks: HookChain): void {
    const { name, sequence, message } = request
    this.#running.add(command, command.call.deadline)
    const run = (seen: HookMessage): void => {
      if (command.slot.answer !== undefined || this.#closed) return
      if (name === 'cmd_ping') this.#ping(command, seen)
      else this.#run(command, name, seen)
    }
    try {
      const seen = hooks.command(name, { sequence, message, call: command.call })
      if (seen instanceof Promise) {
        seen.then(
          (changed) => this.#guard(() => run(changed)),
          (error: unknown) => this.#guard(() => this.#fail(command, error)),
        )
      } else run(seen)
    } catch (error) {
      this.#fail(command, error)
    }
  }

  #run(command: Command, name: string, message: object): void {
    try {
      const handlers = this.#options.source.handlers(this.#port)
      const result =
        handlers instanceof Promise
          ? handlers.then((ready) => call(ready, name, message, command.call))
          : call(handlers, name, message, command.call)
      if (result instanceof Promise) {
        result.then(
          (answer) => this.#guard(() => this.#succeed(command, answer)),
          (error: unknown) => this.#guard(() => this.#fail(command, error)),
        )
      } else {
        this.#succeed(command, result)
      }
    } catch (error) {
      this.#fail(command, error)
    }
  }

  #grant(slot: Slot<Outgoing>, bytes: number): number {
    // Nothing would give back what a command takes after its answer.
    if (slot.answer !== undefined || this.#closed) return bytes
    const { limits, socket } = this.#options
    // Twice the queue keeps a client busy that reads; one that does not gets no more than fills its queue.
    const free = 2 * limits.outputQueueBytes - this.#outputBytes - socket.queuedBytes
    const granted = Math.min(bytes, Math.max(free, leastGrant))
    this.#outputBytes += granted
    return granted
  }

  #succeed(command: Command, answer: object): void {
    const { codec, hooks } = this.#options
    let made: NamedBody
    try {
      made = toBody(codec, answer)
      if (hooks !== undefined) made = hooks.answer(made, command.request.sequence)
    } catch (error) {
      this.#fail(command, error)
      return
    }
    const { sequence, isText } = command.request
    this.#answer(command, { sequence, isText, name: made.name, body: made.body }, 0)
  }

  #fail(command: Command, error: unknown): void {
    const known = isSluiceError(error) ? error : this.#unexpected(command, error)
    if (known.place.close !== undefined) {
      this.#options.socket.close(known.place.close, known.message)
      return
    }
    const { sequence, isText } = command.request
    this.#answer(command, { sequence, isText, ...errorBody(known, sequence, this.#options) }, known.place.reply ?? 0)
  }

  /** Undefined where the hooks of plugins keep it from being sent. */
  #pushed(answer: object, sequence: bigint): NamedBody | undefined {
    const { codec, hooks, log, socket } = this.#options
    const made = toBody(codec, answer)
    if (hooks === undefined) return made
    try {
      return hooks.answer(made, sequence)
    } catch (error) {
      const refusal = isSluiceError(error) ? error : new CommandFailed({ cause: error })
      log.warn({ code: refusal.code }, 'what a scheme sent unasked is not passed on: a plugin refuses it')
      if (refusal.place.close === undefined) return errorBody(refusal, sequence, this.#options)
      socket.close(refusal.place.close, refusal.message)
      return undefined
    }
  }

  #unexpected({ request }: Command, error: unknown): SluiceError {
    const failed = new CommandFailed({ cause: error })
    const command = request.kind === 'command' ? request.name : undefined
    if (this.#closed) return failed
    const { log, metrics, scheme } = this.#options
    metrics.failed()
    log.error({ err: error, code: failed.code, scheme, command }, 'a command failed unexpectedly')
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
    this.#outputBytes += outgoing.body.byteLength - call.granted
    this.#sendAll(this.#answers.answer(command.slot, outgoing))
    // Counted when the client has no longer to wait for it.
    this.#options.metrics.answered(name, code, (performance.now() - arrived) / 1000)
    this.#pump()
  }

  /** Gives what a failure keeps from being sent back: they have left the queue that would, and the socket is closed for it. */
  #sendAll(ready: readonly Outgoing[]): void {
    let sent = 0
    try {
      for (const outgoing of ready) {
        sent++
        this.#send(outgoing)
      }
    } catch (error) {
      for (const { body } of ready.slice(sent)) {
        this.#outputBytes -= body.byteLength
        body.release()
      }
      throw error
    }
  }

  #send(outgoing: Outgoing): void {
    if (outgoing.isText || this.#texts?.busy === true) this.#textAnswers().add(outgoing)
    else this.#sendBinary(outgoing)
  }

  #sendBinary(outgoing: Outgoing): void {
    const { codec, metrics, socket } = this.#options
    const { body } = outgoing
    const taken = (): void => {
      this.#outputBytes -= body.byteLength
      body.release()
      this.#pump()
    }
    let frame: OutgoingFrame
    try {
      frame = toFrame(codec, outgoing)
    } catch (error) {
      taken()
      throw error
    }
    metrics.sent(frame.byteLength)
    socket.send(frame.head, frame.chunks, taken)
  }

  #textAnswers(): TextAnswers {
    const { bytesForms, codec } = this.#options
    this.#texts ??= new TextAnswers({
      codec,
      bytesForms,
      sendText: (outgoing, text) => this.#sendText(outgoing, text),
      sendBinary: (outgoing) => this.#sendBinary(outgoing),
      drop: ({ body }) => {
        this.#outputBytes -= body.byteLength
        body.release()
      },
      guard: (work) => this.#guard(work),
    })
    return this.#texts
  }

  /** The text is a copy, so the body is given back at once; what waits for the client is the text, which is larger. */
  #sendText({ body }: Outgoing, [head = Buffer.alloc(0), ...chunks]: readonly Buffer[]): void {
    const { metrics, socket } = this.#options
    const byteLength = chunks.reduce((sum, chunk) => sum + chunk.length, head.length)
    this.#outputBytes += byteLength - body.byteLength
    body.release()
    metrics.sent(byteLength)
    const taken = (): void => {
      this.#outputBytes -= byteLength
      this.#pump()
    }
    socket.send(head, chunks, taken, true)
  }

  #expire(command: Command): void {
    const error = new CommandTimedOut(this.#options.commandTimeoutMs)
    command.call.abort(error)
    this.#guard(() => this.#fail(command, error))
  }

  #close(): void {
    this.#closed = true
    this.#waiting.clear()
    const gone = new Error('the client is gone')
    for (const command of this.#running.clear()) command.call.abort(gone)
    for (const answer of this.#answers.clear()) answer.body.release()
    this.#texts?.close()
    this.#options.hooks?.close()
    this.#options.source.release()
  }
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
