import { setTimeout as delay } from 'node:timers/promises'
import { type RunningProcess, startProcess } from '../process.ts'
import { requireTool } from '../tools.ts'
import type { OwnNetwork } from './own-network.ts'

/** What toxiproxy does to the bytes of one direction, in its own words. */
export interface Toxic {
  readonly type: 'latency' | 'bandwidth' | 'slicer' | 'reset_peer' | 'limit_data' | 'timeout' | 'slow_close'
  /** `downstream`, the default, is from the server to the client. */
  readonly stream?: 'upstream' | 'downstream'
  /** Share of connections it befalls, 1 by default. */
  readonly toxicity?: number
  readonly attributes: Readonly<Record<string, number>>
}

/** Where one toxiproxy lives and what it does. */
export interface ToxiproxyPlace {
  readonly network: OwnNetwork | undefined
  readonly port: number
  readonly apiPort: number
  /** `host:port` */
  readonly upstream: string
}

/**
 * How long toxiproxy may take for a change of toxics. One that holds bytes nobody takes may keep it from being done, and
 * then keeps the lock that everything else there waits for.
 */
const CHANGE_MS = 3000

/** The only proxy that each process has. */
const PROXY = '/proxies/link'

/** One toxiproxy process with one proxy, which listens on the same port each time it is started. */
export class ToxiproxyServer {
  readonly address: string
  readonly #place: ToxiproxyPlace
  readonly #host: string
  #running: RunningProcess | undefined

  constructor(place: ToxiproxyPlace) {
    this.#place = place
    this.#host = place.network?.inside ?? '127.0.0.1'
    this.address = `${this.#host}:${place.port}`
  }

  /** Resolves when the proxy listens, at once if it does already. */
  async start(): Promise<void> {
    if (this.#running !== undefined) return
    const { network, apiPort, upstream } = this.#place
    const program = requireTool('toxiproxy-server').path
    const args = ['-host', this.#host, '-port', String(apiPort)]
    const [command, ...rest] = network ? network.command(program, args) : [program, ...args]
    const running = await startProcess(command, rest, { env: { ...process.env, LOG_LEVEL: 'error' } })
    this.#running = running
    await Promise.race([this.#answers(), diesEarly(running)])
    await this.#ask('POST', '/proxies', { body: { name: 'link', listen: this.address, upstream, enabled: true } })
  }

  /** Ends every connection; new ones are refused until `start`. Not asked politely: it may have locked itself up. */
  async stop(): Promise<void> {
    this.#running?.kill('SIGKILL')
    await this.#running?.exited
    this.#running = undefined
  }

  /** While it is stopped nothing can be befallen. */
  async addToxic(toxic: Toxic): Promise<void> {
    if (this.#running === undefined) return
    const add = (signal: AbortSignal) =>
      this.#ask('POST', `${PROXY}/toxics`, { body: { ...toxic, name: crypto.randomUUID() }, signal })
    await this.#change(add)
  }

  async removeToxics(): Promise<void> {
    if (this.#running === undefined) return
    await this.#change(async (signal) => {
      const listed = await this.#ask('GET', `${PROXY}/toxics`, { signal })
      const toxics: readonly { readonly name: string }[] = JSON.parse(listed)
      for (const { name } of toxics) await this.#ask('DELETE', `${PROXY}/toxics/${name}`, { signal })
    })
  }

  /** Where that is not done in time, it is done in a new process, without the connections that were open. */
  async #change(change: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const signal = AbortSignal.timeout(CHANGE_MS)
    try {
      await change(signal)
    } catch (error) {
      if (!signal.aborted) throw error
      await this.stop()
      await this.start()
      await change(AbortSignal.timeout(CHANGE_MS))
    }
  }

  /** Resolves when its HTTP API listens. */
  async #answers(): Promise<void> {
    for (;;) {
      try {
        await this.#ask('GET', '/version')
        return
      } catch (error) {
        if (!(error instanceof TypeError)) throw error
        await delay(20)
      }
    }
  }

  /** Toxiproxy's HTTP API, as its README describes it. */
  async #ask(method: string, path: string, { body, signal }: Question = {}): Promise<string> {
    const init = { method, ...(body && { body: JSON.stringify(body) }), ...(signal && { signal }) }
    const response = await fetch(`http://${this.#host}:${this.#place.apiPort}${path}`, init)
    const text = await response.text()
    if (!response.ok) throw new Error(`toxiproxy answered ${method} ${path} with ${response.status}: ${text}`)
    return text
  }
}

interface Question {
  readonly body?: object
  readonly signal?: AbortSignal
}

async function diesEarly(server: RunningProcess): Promise<never> {
  const { code } = await server.exited
  throw new Error(`toxiproxy ended with code ${code}: ${server.output}`)
}
