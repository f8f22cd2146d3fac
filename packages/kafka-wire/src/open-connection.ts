import type { OnReadOpts } from 'node:net'
import type { Duplex } from 'node:stream'
import { askVersions } from './ask-versions.ts'
import { withCommand } from './bounded-command.ts'
import { brokerName } from './broker-name.ts'
import { connectError } from './connect-error.ts'
import { type ConnectionOptions, KafkaConnection } from './connection.ts'
import type { Dial, DialTarget, TlsOptions } from './dial.ts'
import { KafkaError } from './errors.ts'
import type { VersionRange } from './messages/api-versions.ts'
import { authenticate } from './sasl/authenticate.ts'
import { createSaslExchange, type SaslOptions } from './sasl/create-exchange.ts'
import { type SessionTimes, sessionTimes, unlimitedSession } from './sasl/session-times.ts'

/** Where a connection goes. */
export interface BrokerTarget {
  readonly host: string
  readonly port: number
  /** Whether a broker named this address, rather than the operator. */
  readonly advertised: boolean
}

/** How connections are opened. */
export interface OpenOptions extends Omit<ConnectionOptions, 'broker' | 'clientCertificate'> {
  readonly dial: Dial
  readonly tls: TlsOptions | undefined
  readonly sasl: SaslOptions | undefined
  readonly connectTimeoutMs: number
  /** Gives the attempt up. */
  readonly signal: AbortSignal
}

/** A connection ready for requests. */
export interface ReadyConnection {
  readonly connection: KafkaConnection
  readonly versions: ReadonlyMap<number, VersionRange>
  /** Of its SASL session, as it was granted last. */
  session: SessionTimes
  /** Gives back what the broker keeps for the connection, before it is closed for want of work; must not reject. */
  farewell?: (() => Promise<void>) | undefined
}

/** What one read takes at most; larger buffers were not faster. */
const READ_BYTES = 64 * 1024

/**
 * Gets a token where one is needed, dials a broker, asks for its API versions and authenticates. Rejects with a KafkaError
 * that says which step failed on which broker; nothing stays open then.
 */
export async function openConnection(target: BrokerTarget, options: OpenOptions): Promise<ReadyConnection> {
  const { tls, sasl, connectTimeoutMs, signal } = options
  const broker = brokerName(target.host, target.port)
  // Before the broker knows of us: it gives up connections that take their time to authenticate.
  const exchange = sasl === undefined ? undefined : await createSaslExchange(sasl)
  let connection: KafkaConnection | undefined
  const stream = await dial(target, options, (chunk) => connection?.receive(chunk))
  const opened = new KafkaConnection(stream, { ...options, broker, clientCertificate: tls?.cert })
  connection = opened
  try {
    return await withCommand({ timeoutMs: connectTimeoutMs, signal }, async (command) => {
      if (tls === undefined) opened.suspect('tls_expected')
      const versions = await askVersions(opened, command)
      if (sasl === undefined || exchange === undefined) {
        opened.suspect('sasl_required')
        return { connection: opened, versions, session: unlimitedSession }
      }
      const session = await authenticate(opened, versions, sasl.mechanism, exchange, command)
      opened.suspect(undefined)
      return { connection: opened, versions, session: sessionTimes(session) }
    })
  } catch (error) {
    opened.close()
    await opened.gone
    if (!(error instanceof KafkaError) || error.code !== 'KAFKA_TIMEOUT') throw error
    throw new KafkaError('KAFKA_CONNECT_TIMEOUT', error.message, { broker, cause: error, retriable: true })
  }
}

async function dial(target: BrokerTarget, options: OpenOptions, receive: (chunk: Buffer) => void): Promise<Duplex> {
  const { tls, connectTimeoutMs: timeoutMs, signal } = options
  const dialTarget: DialTarget = {
    ...target,
    timeoutMs,
    signal,
    onread: readInto(receive),
    ...(tls === undefined ? {} : { tls }),
  }
  try {
    return await options.dial(dialTarget)
  } catch (error) {
    throw connectError(error, dialTarget)
  }
}

function readInto(receive: (chunk: Buffer) => void): OnReadOpts {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  return {
    buffer,
    callback: (length) => {
      receive(buffer.subarray(0, length))
      return true
    },
  }
}
