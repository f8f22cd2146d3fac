import type {
  ContextValues,
  Dial,
  Log,
  Scheme,
  SchemeEnv,
  UpstreamNode,
  UpstreamTimeouts,
  UpstreamTls,
} from '@sluice/spi'
import type { Static, TObject } from 'typebox'
import type { EncodedAnswer } from './answer.ts'
import type { Call } from './call.ts'
import type { ProtoModule, PubSubProtocol } from './proto-module.ts'

/** A message of `PubSubResp`: an object with the one field it sets. @public */
export type MessageAnswer<Protocol extends PubSubProtocol> = {
  readonly [Name in keyof Protocol['responses']]: { readonly [Field in Name]: Protocol['responses'][Field] }
}[keyof Protocol['responses']]

/** How a command is answered: with a message, or with bytes that the scheme has encoded. @public */
export type Answer<Protocol extends PubSubProtocol> =
  | MessageAnswer<Protocol>
  | EncodedAnswer<keyof Protocol['responses'] & string>

/** One handler for each command of the protocol. Throws an error with a `reply` to answer with an ErrorResp. @public */
export type CommandHandlers<Protocol extends PubSubProtocol> = {
  readonly [Name in keyof Protocol['requests']]: (
    message: Protocol['requests'][Name],
    call: Call,
  ) => Answer<Protocol> | Promise<Answer<Protocol>>
}

/** One WebSocket's part of an upstream. @public */
export interface PubSubSession<Protocol extends PubSubProtocol> {
  /** What answers each command. */
  readonly commands: CommandHandlers<Protocol>
  /** Called once, when the socket is gone. */
  close?(): void | Promise<void>
}

/** What a session may do besides answering. @public */
export interface SessionPort<Protocol extends PubSubProtocol> {
  /**
   * Sends what no command asked for, as text where the client's last command was text. False when the client's output queue is full, or the
   * client gone: stop until `onRoom` calls; the message itself is sent either way.
   *
   * @param sequence 0 by default; that of a subscription, say
   */
  push(answer: Answer<Protocol>, sequence?: bigint): boolean
  /** Calls back each time that there is room again after a `push` gave false. */
  onRoom(listener: () => void): void
  /** As `SessionContext.log`. */
  readonly log: Log
}

/** Shared by all sessions whose nodes, TLS, timeouts, options and identity are equal; closed by its last user. @public */
export interface PubSubUpstream<Protocol extends PubSubProtocol> {
  /** Called for each WebSocket, at its first command. */
  session(port: SessionPort<Protocol>): PubSubSession<Protocol>
  /** Called once, when its last user has gone. */
  close?(): void | Promise<void>
}

/** What the gateway gives an upstream. @public */
export interface UpstreamEnv extends Omit<SchemeEnv, 'dialFor'> {
  /** Opens the connections of this upstream, under the egress policy as its nodes set it. */
  readonly dial: Dial
}

/** What an upstream is made of. @public */
export interface UpstreamSetup<Options extends TObject, Identity extends readonly unknown[]> {
  /** As `ResolvedUpstream.nodes`. */
  readonly nodes: readonly UpstreamNode[]
  /** As `ResolvedUpstream.tls`; undefined where connections are plain. */
  readonly tls: UpstreamTls | undefined
  /** As `ResolvedUpstream.timeouts`. */
  readonly timeouts: UpstreamTimeouts
  /** `upstream.<scheme>` with its defaults. */
  readonly options: Static<Options>
  /** What `identity` of the definition gave; the empty tuple without it. */
  readonly identity: Identity
  /** How it opens connections, logs and counts. */
  readonly env: UpstreamEnv
}

/** What the author of a pub/sub scheme writes. @public */
export interface PubSubSchemeDefinition<
  Options extends TObject,
  Protocol extends PubSubProtocol,
  Identity extends readonly unknown[],
> {
  /** Value of `upstream.scheme`. */
  readonly name: string
  /** What `sluice-proto` makes of the scheme's `.proto`. */
  readonly proto: ProtoModule<Protocol>
  /** Schema of `upstream.<name>`. */
  readonly options: Options
  /** What else of a client's context keeps upstreams apart; plain JSON values. Nothing by default. */
  readonly identity?: (values: ContextValues) => Identity
  /** When a command is given up, in milliseconds; 30,000 by default. */
  readonly commandTimeoutMs?: (options: Static<Options>) => number
  /** Where answers hold records, for the hooks of plugins: the repeated field, by the name of the answer. */
  readonly records?: { readonly [Name in keyof Protocol['responses']]?: keyof Protocol['responses'][Name] & string }
  /** A text frame that works, shown to a client that sent one which does not. */
  readonly example: string
  /** Opens the upstream at the first command that needs it; what it throws answers that command. */
  upstream(setup: UpstreamSetup<Options, Identity>): PubSubUpstream<Protocol> | Promise<PubSubUpstream<Protocol>>
  /** Tries each node for an operator, as the scheme SPI describes it; upstreams cannot be tested without. */
  readonly testUpstream?: Scheme['testUpstream']
}
