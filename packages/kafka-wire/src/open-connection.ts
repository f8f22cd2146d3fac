import type { OnReadOpts } from 'node:net'
import type { Duplex } from 'node:stream'
import { apiError, apiErrorCode } from './api-errors.ts'
import { brokerName } from './broker-name.ts'
import type { Command } from './command.ts'
import { CommandSet } from './command-set.ts'
import { connectError } from './connect-error.ts'
import { type ConnectionOptions, KafkaConnection } from './connection.ts'
import type { Dial, DialTarget, TlsOptions } from './dial.ts'
import { KafkaError } from './errors.ts'
import { API_VERSIONS_MAX, apiVersionsRequest, type VersionRange } from './messages/api-versions.ts'
import { authenticate } from './sasl/authenticate.ts'
import type { SaslOptions } from './sasl/create-exchange.ts'

/** Where a connection goes. */
export interface BrokerTarget {
  readonly host: string
  readonly port: number
  /** Whether a broker named this address, rather than the operator. */
  readonly advertised: boolean
}

/** How connections are opened. */
export interface OpenOptions extends Omit<ConnectionOptions, 'broker'> {
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
  /** When to replace it, on the clock of `performance.now()`: before the broker ends the SASL session. KIP-368. */
  readonly renewAt: number
}

/** What one read takes at most; larger buffers were not faster. */
const READ_BYTES = 64 * 1024
const CLIENT_VERSION = '0.1.0'
const UNSUPPORTED_VERSION = apiErrorCode('UNSUPPORTED_VERSION')

/**
 * Dials a broker, asks for its API versions and authenticates. Rejects with a KafkaError that says which step failed on
 * which broker; nothing stays open then.
 */
export async function openConnection(target: BrokerTarget, options: OpenOptions): Promise<ReadyConnection> {
  const broker = brokerName(target.host, target.port)
  let connection: KafkaConnection | undefined
  const stream = await dial(target, options, (chunk) => connection?.receive(chunk))
  connection = new KafkaConnection(stream, { ...options, broker })
  const commands = new CommandSet()
  const command = commands.begin({
    deadline: performance.now() + options.connectTimeoutMs,
    timeoutMs: options.connectTimeoutMs,
    signal: options.signal,
  })
  try {
    if (options.tls === undefined) connection.suspect('tls_expected')
    const versions = await askVersions(connection, command)
    const lifetimeMs = options.sasl === undefined ? 0 : await authenticate(connection, versions, options.sasl, command)
    connection.suspect(options.sasl === undefined ? 'sasl_required' : undefined)
    return { connection, versions, renewAt: renewalTime(lifetimeMs) }
  } catch (error) {
    connection.close()
    await connection.gone
    if (!(error instanceof KafkaError) || error.code !== 'KAFKA_TIMEOUT') throw error
    throw new KafkaError('KAFKA_CONNECT_TIMEOUT', error.message, { broker, cause: error, retriable: true })
  } finally {
    commands.end(command)
    commands.stop()
  }
}

async function dial(target: BrokerTarget, options: OpenOptions, receive: (chunk: Buffer) => void): Promise<Duplex> {
  const { tls, connectTimeoutMs: timeoutMs, signal } = options
  const dialTarget: DialTarget = {
    ...target,
    timeoutMs,
    signal,
    ...(tls === undefined ? { onread: readInto(receive) } : { tls }),
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

async function askVersions(connection: KafkaConnection, command: Command): Promise<ReadonlyMap<number, VersionRange>> {
  let answer = await connection.send(apiVersionsRequest(API_VERSIONS_MAX, CLIENT_VERSION), command)
  if (answer.errorCode === UNSUPPORTED_VERSION)
    answer = await connection.send(apiVersionsRequest(0, CLIENT_VERSION), command)
  if (answer.errorCode !== 0) throw apiError(answer.errorCode, connection.broker)
  return answer.versions
}

/** Between 85 and 95 % of the lifetime, at random, so that connections opened together are not replaced together. */
function renewalTime(lifetimeMs: number): number {
  if (lifetimeMs <= 0) return Number.POSITIVE_INFINITY
  return performance.now() + lifetimeMs * (0.85 + Math.random() * 0.1)
}
