/**
 * A message of a pub/sub protocol: fields by their proto names, `bigint` for 64 bits, `Buffer` for bytes, every scalar present.
 * @public
 */
export type HookMessage = Readonly<Record<string, unknown>>

/** A command of a client on its way to the scheme. @public */
export interface SeenCommand {
  /** Field of `PubSubReq`, e.g. `cmd_kafka_fetch`; `cmd_ping` is among them. */
  readonly name: string
  /** The client's; the answer has the same. */
  readonly sequence: bigint
  /** Its fields, as the client sent them or as the hook before left them. */
  readonly message: HookMessage
  /** Aborted when the command is given up, or when the client is gone. */
  readonly signal: AbortSignal
}

/** An answer on its way to the client, or what the scheme sends unasked. @public */
export interface SeenResponse {
  /** Field of `PubSubResp`, e.g. `kafka_fetch_resp`; `error_resp` and `pong_resp` are among them. */
  readonly name: string
  /** That of the command it answers; 0, or whatever the scheme gives, where it answers none. */
  readonly sequence: bigint
  /** Its fields, as the scheme answered or as the hook before left them. */
  readonly message: HookMessage
}

/**
 * What a plugin does with the messages of one socket, whatever the pub/sub scheme. Each hook gives another message to put it in
 * the place of what it saw, or nothing to leave that as it is. One that throws an error of the catalogue with a `reply`
 * refuses: the client gets it as the answer to this command, one with a `close` ends the socket. Anything else that is thrown is answered
 * PUBSUB_HOOK_FAILED, logged with the name of the plugin and counted.
 * @public
 */
export interface MessageHooks {
  /** Before the scheme sees a command. Commands that follow do not wait for it; its time is that of the command. */
  command?(command: SeenCommand): HookMessage | undefined | Promise<HookMessage | undefined>
  /** For each record of an answer, as the scheme has it, e.g. each of `messages` of `kafka_fetch_resp`. */
  record?(record: HookMessage, response: SeenResponse): HookMessage | undefined
  /** For each answer, after its records. */
  response?(response: SeenResponse): HookMessage | undefined
  /** Called once, when the socket is gone. */
  close?(): void | Promise<void>
}

/** The hooks of a socket with the name of the plugin that they are of. @public */
export interface NamedHooks {
  /** `name` of the plugin. */
  readonly plugin: string
  /** What its `messages` gave. */
  readonly hooks: MessageHooks
}
