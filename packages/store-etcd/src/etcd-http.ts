import { type Dispatcher, Pool } from 'undici'
import { EtcdOutcomeUnknownError, EtcdRefusedError, EtcdUnavailableError } from './errors.ts'
import { describeFault, EtcdFault, NotSent, parseFault, wasNeverSent } from './fault.ts'

/** How clients of etcd prove who they are and check the server. */
export interface EtcdTls {
  /** Authorities, PEM; those of the system where absent. */
  readonly ca?: string
  /** The client's certificate and key, PEM. */
  readonly cert?: string
  readonly key?: string
  /** Whether the server's certificate is checked. */
  readonly verify: boolean
  /** The name that the server's certificate is for; the host of the URL where absent. */
  readonly sni?: string
}

/** Where etcd is and how it is spoken to. */
export interface EtcdConnection {
  /** URLs, tried in turn where one does not answer. */
  readonly hosts: readonly string[]
  readonly user?: string
  readonly password?: string
  readonly tls?: EtcdTls
  /** Of one call, all its attempts included. */
  readonly timeoutMs: number
}

interface Endpoint {
  readonly host: string
  readonly pool: Pool
}

/** etcd's HTTP/JSON API over the endpoints of a cluster: stays with the one that answered last, renews tokens. */
export class EtcdHttp {
  readonly #connection: EtcdConnection
  readonly #endpoints: readonly Endpoint[]
  #current = 0
  #token: string | undefined

  constructor(connection: EtcdConnection) {
    const { hosts, tls, timeoutMs } = connection
    this.#connection = connection
    const connect = { timeout: timeoutMs, ...(tls !== undefined && tlsOptions(tls)) }
    // No time-outs of undici's: a watch is silent for as long as nothing changes, and calls have a signal. Over HTTP/2 etcd takes
    // every request for one of gRPC.
    const options = { connect, allowH2: false, headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 30_000 }
    this.#endpoints = hosts.map((host) => ({ host, pool: new Pool(new URL(host).origin, options) }))
  }

  /** The endpoints as they were given, for messages. */
  get hosts(): string {
    return this.#connection.hosts.join(', ')
  }

  /**
   * Gives the answer's JSON.
   *
   * @param kind a `read` is sent again to other endpoints whatever went wrong, a `write` only where it was not sent
   * @throws STORE_UNAVAILABLE, STORE_OUTCOME_UNKNOWN, STORE_ETCD_REFUSED; EtcdFault where a revision is compacted
   */
  async call(path: string, body: object, kind: 'read' | 'write'): Promise<string> {
    const parts = kind === 'read' ? this.#endpoints.length : 1
    // AbortSignal takes whole milliseconds only.
    const timeoutMs = Math.ceil(this.#connection.timeoutMs / parts)
    let last: unknown
    for (const endpoint of this.#inTurn()) {
      try {
        const signal = AbortSignal.timeout(timeoutMs)
        const reply = await this.#post(endpoint, path, body, signal)
        return await reply.body.text()
      } catch (error) {
        if (error instanceof EtcdFault && !error.isTransient) throw this.#refusal(path, error)
        last = error
        this.#leave(endpoint)
        if (kind === 'write' && !wasNeverSent(error)) {
          throw new EtcdOutcomeUnknownError(endpoint.host, describeFault(error), { cause: error })
        }
      }
    }
    throw new EtcdUnavailableError(this.hosts, describeFault(last), { cause: last })
  }

  /**
   * Opens a stream of lines on the endpoint of the moment.
   *
   * @throws EtcdFault, or what the network fails with
   */
  async stream(path: string, body: object, signal: AbortSignal): Promise<Dispatcher.ResponseData['body']> {
    const endpoint = this.#endpoint()
    try {
      return (await this.#post(endpoint, path, body, signal)).body
    } catch (error) {
      this.#leave(endpoint)
      throw error
    }
  }

  /** The next call goes to another endpoint: the one of the moment does not do what it should. */
  moveOn(): void {
    this.#leave(this.#endpoint())
  }

  /** The next call asks for a new token. */
  dropToken(): void {
    this.#token = undefined
  }

  async close(): Promise<void> {
    await Promise.all(this.#endpoints.map(({ pool }) => pool.destroy()))
  }

  #endpoint(): Endpoint {
    const endpoint = this.#endpoints[this.#current]
    if (endpoint === undefined) throw new Error('etcd has no endpoint: give at least one host')
    return endpoint
  }

  #inTurn(): readonly Endpoint[] {
    return [...this.#endpoints.slice(this.#current), ...this.#endpoints.slice(0, this.#current)]
  }

  #leave(endpoint: Endpoint): void {
    if (this.#endpoint() === endpoint) this.#current = (this.#current + 1) % this.#endpoints.length
  }

  async #post(endpoint: Endpoint, path: string, body: object, signal: AbortSignal) {
    const token = await this.#authenticate(endpoint, signal)
    try {
      return await post(endpoint, path, body, signal, token)
    } catch (error) {
      if (token === undefined || !(error instanceof EtcdFault && error.isStaleToken)) throw error
      if (this.#token === token) this.#token = undefined
      return post(endpoint, path, body, signal, await this.#authenticate(endpoint, signal))
    }
  }

  async #authenticate(endpoint: Endpoint, signal: AbortSignal): Promise<string | undefined> {
    const { user: name, password } = this.#connection
    if (name === undefined) return undefined
    if (this.#token !== undefined) return this.#token
    try {
      const reply = await post(endpoint, '/v3/auth/authenticate', { name, password }, signal)
      const { token }: { token?: string } = JSON.parse(await reply.body.text())
      this.#token = token
      return token
    } catch (cause) {
      if (cause instanceof EtcdFault && !cause.isTransient) throw cause
      throw new NotSent('authentication failed', { cause })
    }
  }

  #refusal(path: string, fault: EtcdFault): Error {
    return fault.isCompacted ? fault : new EtcdRefusedError(path, fault.message, { cause: fault })
  }
}

async function post(endpoint: Endpoint, path: string, body: object, signal: AbortSignal, token?: string) {
  const headers = {
    'content-type': 'application/json',
    // Metadata of gRPC: a member that lost its leader ends watches, and they go on elsewhere.
    'grpc-metadata-hasleader': 'true',
    ...(token !== undefined && { authorization: token }),
  }
  const reply = await endpoint.pool.request({ method: 'POST', path, headers, body: JSON.stringify(body), signal })
  if (reply.statusCode === 200) return reply
  throw parseFault(reply.statusCode, await reply.body.text())
}

function tlsOptions({ ca, cert, key, verify, sni }: EtcdTls) {
  return {
    rejectUnauthorized: verify,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(sni !== undefined && { servername: sni }),
  }
}
