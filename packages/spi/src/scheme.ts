import type { OnReadOpts } from 'node:net'
import type { Duplex, Readable } from 'node:stream'
import type { TObject } from 'typebox'
import type { Consumer } from './consumer.ts'
import type { ContextValues, GatewayRequest, Log } from './context.ts'
import type { NamedHooks } from './message-hooks.ts'

/** A node of an upstream, e.g. a bootstrap broker. @public */
export interface UpstreamNode {
  /** Name or address, an IPv6 address without brackets. */
  readonly host: string
  /** Absent where the operator gave none: the scheme knows its own. */
  readonly port?: number
  /** APISIX's weight, 0 or more; schemes that know their nodes better may leave it aside. */
  readonly weight: number
}

/** `upstream.tls`; its presence turns TLS on. @public */
export interface UpstreamTls {
  /** Whether the server's certificate is checked; false by default, as in APISIX. */
  readonly verify: boolean
  /** PEM, for mutual TLS. */
  readonly clientCert?: string
  /** PEM, for mutual TLS. */
  readonly clientKey?: string
}

/** `upstream.timeout` (APISIX, there in seconds), in milliseconds; absent where the operator left it to the scheme. @public */
export interface UpstreamTimeouts {
  /** `timeout.connect`: to open a connection. */
  readonly connectMs?: number
  /** `timeout.send`: to write to the upstream, as far as the scheme bounds that. */
  readonly sendMs?: number
  /** `timeout.read`: to read from it, as far as the scheme bounds that. */
  readonly readMs?: number
}

/**
 * The upstream of a route after services and references are merged; `options` is `upstream.<scheme>` with its defaults.
 * @public
 */
export interface ResolvedUpstream {
  /** `upstream.scheme`, the name of the scheme. */
  readonly scheme: string
  /** In the order in which the operator wrote them. */
  readonly nodes: readonly UpstreamNode[]
  /** Absent where connections are plain. */
  readonly tls?: UpstreamTls
  /** `upstream.timeout`. */
  readonly timeouts: UpstreamTimeouts
  /** Checked against `Scheme.options`. */
  readonly options: unknown
}

/** One accepted WebSocket, as a scheme sees it: callbacks, for an async iterator would cost a promise for every message. @beta */
export interface MessageSocket {
  /** Called once, before any message can arrive; `isText` tells a text frame from a binary one. */
  onMessage(listener: (data: Buffer, isText: boolean) => void): void
  /** Called exactly once when the socket is gone, whoever closed it. */
  onClose(listener: () => void): void
  /**
   * Sends `head` and `chunks` as one binary (or text) message. `taken` is called exactly once, when the operating system
   * has taken the bytes or the socket is gone: only then may the memory be used again.
   */
  send(head: Buffer, chunks: readonly Buffer[], taken: () => void, isText?: boolean): void
  /** Bytes handed to `send` that the operating system has not taken yet. */
  readonly queuedBytes: number
  /** Stops reading from the client. */
  pause(): void
  /** Reads from it again. */
  resume(): void
  /** Closes with a code of RFC 6455, section 7.4.1; what was sent before goes out first. */
  close(code: number, reason: string): void
  /** Ends the connection at once, for a peer that does not read even the close frame. */
  terminate(): void
}

/** What a scheme gets with a socket. @public */
export interface SessionContext {
  /** The handshake, or the plain request. */
  readonly request: GatewayRequest
  /** The route it came by. */
  readonly route: { readonly id: string; readonly name?: string }
  /** Where the route leads. */
  readonly upstream: ResolvedUpstream
  /** Who asks; absent where no plugin of authentication is at work. */
  readonly consumer?: Consumer
  /** What plugins left for the scheme. */
  readonly values: ContextValues
  /** What plugins do with the messages of this socket, in their order; empty where no plugin asks for them. */
  readonly hooks: readonly NamedHooks[]
  /** That of the gateway: name the route in `fields` where a line needs it. */
  readonly log: Log
}

/** A plain HTTP request that a scheme answers (RFC 9110). @public */
export interface HttpExchange extends Omit<SessionContext, 'hooks'> {
  /** What the client sends, as it comes; empty where it sends nothing. What is not read of it is thrown away after the answer. */
  readonly body: Readable
  /** Aborted when the client is gone before it has its answer. */
  readonly signal: AbortSignal
}

/** What a scheme answers a plain HTTP request with. @public */
export interface HttpAnswer {
  /** 200 to 599. */
  readonly status: number
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** Sent as it comes where it is a stream, which is destroyed when the client is gone. Empty by default. */
  readonly body?: string | Uint8Array | Readable
}

/** A session in the eyes of the data plane. @beta */
export interface SchemeSession {
  /**
   * Takes no further command, answers those in flight and then calls back; the data plane closes the socket after that.
   * Called at drain (SIGTERM).
   */
  drain(done: () => void): void
}

/** Where to connect and how. @public */
export interface DialTarget {
  /** Name or address. */
  readonly host: string
  /** 1 to 65535. */
  readonly port: number
  /** Milliseconds for name resolution, TCP and TLS together. */
  readonly timeoutMs: number
  /** Its presence asks for TLS. */
  readonly tls?: {
    /** Whether the server's certificate and its name are checked. */
    readonly verify: boolean
    /** PEM certificates that are trusted instead of the system's. */
    readonly ca?: string
    /** PEM lists of revoked certificates (RFC 5280), one of each CA on the way to the server's certificate. */
    readonly crl?: string
    /** Name in SNI and in the check of the certificate; the host by default. */
    readonly serverName?: string
    /** PEM, for mutual TLS. */
    readonly cert?: string
    /** PEM, for mutual TLS. */
    readonly key?: string
  }
  /** Gives the attempt up when it is aborted. */
  readonly signal?: AbortSignal
  /**
   * Whether the upstream itself named this address (a broker in its metadata), rather than the operator: true for all that
   * came over the network. Such an address is dialled only where the egress policy admits it.
   */
  readonly advertised: boolean
  /**
   * For `net.connect` and `tls.connect`: gets the bytes of a connection in a buffer that is reused, instead of `data` events,
   * which costs less CPU.
   */
  readonly onread?: OnReadOpts
  /** Told of each step that is done before the last one, for those who tell an operator how long each takes. */
  readonly onStep?: (done: DialStep) => void
}

/** A step of opening a connection that is done: the name is resolved, or TCP is connected and TLS follows. @public */
export type DialStep = { readonly phase: 'dns'; readonly addresses: readonly string[] } | { readonly phase: 'tcp' }

/** The step of opening a connection that failed; `policy` where the egress policy refuses the address. @public */
export type DialPhase = 'dns' | 'policy' | 'tcp' | 'tls'

/** What a {@link Dial} rejects with; `cause` is the error of Node or of the signal, or says why the policy refuses. @public */
export interface DialError extends Error {
  /** How far it came. */
  readonly phase: DialPhase
}

/**
 * Opens a connection to one upstream, under the gateway's egress policy, and counts it. Rejects with a {@link DialError};
 * what the policy refuses gets neither a packet nor a credential.
 * @public
 */
export type Dial = (target: DialTarget) => Promise<Duplex>

/** A counter of the metrics registry. @public */
export interface Counter {
  /** Adds 0 or more. */
  add(value: number): void
}

/** A gauge of the metrics registry. @public */
export interface Gauge {
  /** Adds, or takes away what is below 0. */
  add(value: number): void
}

/** A histogram of the metrics registry, in seconds. @public */
export interface Histogram {
  /** Notes one value. */
  observe(value: number): void
}

/**
 * Where schemes register their metrics; the same name and labels give the same metric. Names get the prefix `sluice_`.
 * @public
 */
export interface Metrics {
  /** What only grows; its name ends in `_total`. */
  counter(name: string, help: string, labels?: Readonly<Record<string, string>>): Counter
  /**
   * What grows and shrinks.
   *
   * @param read what to add to the gauge, asked whenever somebody asks for the metrics, for numbers that are too dear to keep
   *   up with; undefined when there will be nothing more to add
   */
  gauge(name: string, help: string, labels?: Readonly<Record<string, string>>, read?: () => number | undefined): Gauge
  /** How values spread, in seconds; its name ends in `_seconds`. */
  histogram(name: string, help: string, labels?: Readonly<Record<string, string>>): Histogram
}

/** Bounds that hold for every session, whatever the scheme. @public */
export interface SessionLimits {
  /** Commands of one socket that run at once; then the socket is not read until one is answered. */
  readonly commandsInFlight: number
  /** Bytes of answers that wait for one client, beyond which no further command of it starts. */
  readonly outputQueueBytes: number
  /** How long a client may leave its answers unread before it is closed with 1013. */
  readonly stallMs: number
}

/** What the gateway gives a scheme, once per worker. @public */
export interface SchemeEnv {
  /** Gives what opens the connections of an upstream; the addresses it may advertise follow from its nodes. */
  dialFor(upstream: Pick<ResolvedUpstream, 'nodes'>): Dial
  /** For what belongs to no client. */
  readonly log: Log
  /** Of this worker; those who scrape see the sum of all workers. */
  readonly metrics: Metrics
  /** `limits` of the configuration. */
  readonly limits: SessionLimits
}

/** A scheme at work, once per worker. @public */
export interface SchemeInstance {
  /**
   * Answers a plain HTTP request, one that is no WebSocket handshake; they are answered 400 where a scheme does not have it. Throws
   * an error of the catalogue with a `status` to answer with that; anything else that is thrown is answered 500.
   */
  respond?(exchange: HttpExchange): HttpAnswer | Promise<HttpAnswer>
  /**
   * Looks at a request before its WebSocket is accepted, after the plugins. Throws an error with an HTTP status to refuse it,
   * for what a client has to correct in the request itself, such as its query. Nothing is refused by default.
   */
  check?(request: GatewayRequest): void
  /**
   * Takes over an accepted WebSocket; handshakes are answered 400 where a scheme does not have it. Must not throw: what is wrong
   * with the upstream is answered to commands.
   */
  open?(ctx: SessionContext, socket: MessageSocket): SchemeSession
  /** Frees what the scheme holds; called once every session is gone. */
  close(): void | Promise<void>
}

/** A scheme at work that takes WebSockets. @beta */
export interface SocketSchemeInstance extends SchemeInstance {
  /** As {@link SchemeInstance.open}. */
  open(ctx: SessionContext, socket: MessageSocket): SchemeSession
}

/** What an operator wants tried, before any client comes or when none gets through. @beta */
export interface UpstreamTest {
  /** What is to be tried. */
  readonly upstream: ResolvedUpstream
  /** What plugins have for the scheme, whoever asks (`prepare` of the plugin SPI). */
  readonly values: ContextValues
  /** What a client would read, in the scheme's terms; undefined to go no further than to log in. */
  readonly topic: string | undefined
  /** For everything together, in milliseconds. */
  readonly timeoutMs: number
  /** Opens connections as for clients, under the egress policy. */
  readonly dial: Dial
  /** For what does not belong in an answer. */
  readonly log: Log
  /** As {@link SchemeEnv.metrics}. */
  readonly metrics: Metrics
}

/** A JSON value that a step of a test tells. @beta */
export type TestFact = string | number | boolean | null | readonly TestFact[] | { readonly [name: string]: TestFact }

/** A step on the way into a node, as answers show it. @beta */
export interface TestStep {
  /** E.g. `dns`, `tcp`, `tls`; further ones are the scheme's. */
  readonly step: string
  /** How long it took, in milliseconds. */
  readonly ms: number
  /** Why it failed; never holds a secret. */
  readonly error?: { readonly code: string; readonly message: string }
  /** What else is known, also of a step that failed; names as in JSON. */
  readonly facts?: Readonly<Record<string, TestFact>>
}

/** What came of a node: the steps that were tried, the last of which may have failed. @beta */
export interface NodeTest {
  /** `host:port` */
  readonly node: string
  /** In the order in which they were tried. */
  readonly steps: readonly TestStep[]
}

/** Numbers of fields by their names. @public */
export type FieldNumbers = Readonly<Record<string, number>>

/** A scheme as the gateway holds it: the default export of a scheme package, made by a `define…` of its kind. @public */
export interface Scheme {
  /** Tells a scheme from a plugin. */
  readonly kind: 'scheme'
  /** `spiVersion` of the copy of this package that made it. */
  readonly spi: string
  /** The value of `upstream.scheme` and the key of its options in the upstream. */
  readonly name: string
  /** Schema of `upstream.<name>`. */
  readonly options: TObject
  /** Tells a client of such a route that is answered 400, for it is no WebSocket client or should be none, how to connect. */
  readonly usage: string
  /**
   * Fields of the oneofs of `PubSubReq` and `PubSubResp` with their numbers, for those who speak a pub/sub protocol: two schemes of a gateway
   * may not mean different things by one number.
   */
  readonly protocol?: {
    readonly commands: FieldNumbers
    readonly answers: FieldNumbers
    /** The descriptor of the protocol in the JSON form of protobufjs, for those who speak it as clients. */
    readonly descriptor: object
  }
  /** Starts it, once per worker; opens nothing. */
  create(env: SchemeEnv): SchemeInstance
  /**
   * Tries each node of an upstream, at once or as it likes, each on connections of its own, which it closes. What fails is
   * told and not thrown. A scheme without it has upstreams that cannot be tested.
   */
  testUpstream?(test: UpstreamTest): Promise<readonly NodeTest[]>
}

/** A scheme that takes WebSockets. @beta */
export interface SocketScheme extends Scheme {
  /** As {@link Scheme.create}. */
  create(env: SchemeEnv): SocketSchemeInstance
}

/** Whether the default export of a package is a scheme. @public */
export function isScheme(value: unknown): value is Scheme {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'scheme'
}
