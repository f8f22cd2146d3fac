import type { OnReadOpts } from 'node:net'
import type { Duplex } from 'node:stream'

/** TLS towards a broker. */
export interface TlsOptions {
  /** Whether the broker's certificate is checked. */
  readonly verify: boolean
  /** PEM certificates trusted instead of the system's. */
  readonly ca?: string
  /** Name in SNI and in the check of the certificate; the broker's host by default. */
  readonly serverName?: string
  /** PEM lists of revoked certificates, RFC 5280; every CA on the way to the broker's certificate needs one. */
  readonly crl?: string
  /** PEM certificate of the client. */
  readonly cert?: string
  /** PEM key of the client. */
  readonly key?: string
}

/** Where to connect and how. */
export interface DialTarget {
  readonly host: string
  readonly port: number
  readonly tls?: TlsOptions
  /** Milliseconds for name resolution, TCP and TLS together. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Whether a broker named this address in its metadata, rather than the operator in the configuration. */
  readonly advertised: boolean
  /**
   * For `net.connect` and `tls.connect`: gets the bytes of a connection in a buffer that is reused, instead of `data`
   * events, which costs less CPU. A dialler may ignore it.
   */
  readonly onread?: OnReadOpts
  /** Told of each step that is done before the last one. A dialler may ignore it. */
  readonly onStep?: (done: DialStep) => void
}

/** A step of opening a connection that is done: the name is resolved, or TCP is connected and TLS follows. */
export type DialStep = { readonly phase: 'dns'; readonly addresses: readonly string[] } | { readonly phase: 'tcp' }

/** The step of opening a connection that failed; `policy` where the dialler may not go to this address. */
export type DialPhase = 'dns' | 'policy' | 'tcp' | 'tls'

/** Opens a byte stream to a broker. Rejects with an error that has `phase`, a {@link DialPhase}, and the cause. */
export type Dial = (target: DialTarget) => Promise<Duplex>
