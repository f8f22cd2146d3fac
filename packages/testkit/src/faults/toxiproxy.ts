import { setTimeout as delay } from 'node:timers/promises'
import { choosePorts } from '../ports.ts'
import { type RunningProcess, startProcess } from '../process.ts'
import { requireTool } from '../tools.ts'
import { createOwnNetwork, type OwnNetwork, whyNoOwnNetwork } from './own-network.ts'

/** What toxiproxy does to the bytes of one direction, in its own words. */
export interface Toxic {
  readonly type: 'latency' | 'bandwidth' | 'slicer' | 'reset_peer' | 'limit_data' | 'timeout' | 'slow_close'
  /** `downstream`, the default, is from the server to the client. */
  readonly stream?: 'upstream' | 'downstream'
  /** Share of connections it befalls, 1 by default. */
  readonly toxicity?: number
  readonly attributes: Readonly<Record<string, number>>
}

/** One port that passes connections on, until told to do worse. */
export interface FaultProxy {
  /** Where it listens, `host:port`. */
  readonly address: string
  /** Befalls connections that are open and those to come. */
  add(toxic: Toxic): Promise<void>
  /** Ends every connection and refuses new ones. */
  down(): Promise<void>
  /** Loses every packet from now on. @throws {Error} without `packets` */
  dropPackets(): Promise<void>
  /** Takes everything back. */
  heal(): Promise<void>
}

/** A running toxiproxy. */
export interface Toxiproxy {
  /** Where servers must listen for it to reach them: 127.0.0.1, or our end of the cable to its own network. */
  readonly upstreamHost: string
  /** Why packets cannot be dropped here; false where they can. */
  readonly noPackets: string | false
  /** Makes a proxy in front of `host:port`, which need not listen yet; one of the same name is replaced. */
  proxy(name: string, upstream: string): Promise<FaultProxy>
  stop(): Promise<void>
}

/** What may differ from one use to the next. */
export interface ToxiproxyOptions {
  /** Runs it in a network of its own, where that is possible, so that packets can be dropped. */
  readonly packets?: boolean
}

/**
 * Starts toxiproxy, which `requireTool('toxiproxy-server')` must have found. It dies with this process at the latest, and
 * its network with it.
 */
export async function startToxiproxy({ packets = false }: ToxiproxyOptions = {}): Promise<Toxiproxy> {
  const noPackets = packets ? await whyNoOwnNetwork() : 'it shares our network'
  const network = noPackets === false ? createOwnNetwork() : undefined
  const host = network?.inside ?? '127.0.0.1'
  const [port = 0] = await choosePorts(1)
  const server = await startServer(host, port, network)
  const api = createApi(`http://${host}:${port}`)
  await Promise.race([api.answers(), diesEarly(server)])

  return {
    upstreamHost: network?.outside ?? '127.0.0.1',
    noPackets,
    async proxy(name, upstream) {
      const { listen } = await api.replaceProxy(name, `${host}:0`, upstream)
      const drop = async () => {
        if (network === undefined) throw new Error(`packets cannot be dropped: ${noPackets}`)
        await network.dropPackets(server.pid, Number(listen.split(':').at(-1)))
      }
      return {
        address: listen,
        add: (toxic) => api.addToxic(name, toxic),
        down: () => api.setEnabled(name, false),
        dropPackets: drop,
        async heal() {
          await network?.restorePackets(server.pid)
          if (await api.removeToxics(name)) await api.setEnabled(name, true)
          else await api.makeAnew(name, listen, upstream)
        },
      }
    },
    async stop() {
      await server.stop()
    },
  }
}

async function startServer(host: string, port: number, network: OwnNetwork | undefined): Promise<RunningProcess> {
  const program = requireTool('toxiproxy-server').path
  const args = ['-host', host, '-port', String(port)]
  const [command, ...rest] = network ? network.command(program, args) : [program, ...args]
  const server = await startProcess(command, rest, { env: { ...process.env, LOG_LEVEL: 'error' } })
  try {
    await network?.connect(server.pid)
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function diesEarly(server: RunningProcess): Promise<never> {
  const { code } = await server.exited
  throw new Error(`toxiproxy ended with code ${code}: ${server.output}`)
}

/** How long toxiproxy may take to let all toxics of one proxy go. */
const REMOVAL_MS = 3000

/** Toxiproxy's HTTP API, as its README describes it. */
function createApi(url: string) {
  const ask = async (method: string, path: string, body?: object, signal?: AbortSignal): Promise<string> => {
    const init = { method, ...(body && { body: JSON.stringify(body) }), ...(signal && { signal }) }
    const response = await fetch(`${url}${path}`, init)
    const text = await response.text()
    if (!response.ok) throw new Error(`toxiproxy answered ${method} ${path} with ${response.status}: ${text}`)
    return text
  }
  return {
    /** Resolves when it listens. */
    async answers(): Promise<void> {
      for (;;) {
        try {
          await ask('GET', '/version')
          return
        } catch (error) {
          if (!(error instanceof TypeError)) throw error
          await delay(20)
        }
      }
    },
    async replaceProxy(name: string, listen: string, upstream: string): Promise<{ readonly listen: string }> {
      const known: Record<string, unknown> = JSON.parse(await ask('GET', '/proxies'))
      if (name in known) await ask('DELETE', `/proxies/${name}`)
      return JSON.parse(await ask('POST', '/proxies', { name, listen, upstream, enabled: true }))
    },
    async addToxic(name: string, toxic: Toxic): Promise<void> {
      await ask('POST', `/proxies/${name}/toxics`, { ...toxic, name: crypto.randomUUID() })
    },
    /** Tells whether all are gone: a toxic that holds bytes nobody takes may keep toxiproxy from letting it go. */
    async removeToxics(name: string): Promise<boolean> {
      const signal = AbortSignal.timeout(REMOVAL_MS)
      try {
        const listed = await ask('GET', `/proxies/${name}/toxics`, undefined, signal)
        const toxics: readonly { readonly name: string }[] = JSON.parse(listed)
        for (const toxic of toxics) await ask('DELETE', `/proxies/${name}/toxics/${toxic.name}`, undefined, signal)
        return true
      } catch (error) {
        if (signal.aborted) return false
        throw error
      }
    },
    /** Ends its connections, and what holds them, and listens on the same port again. */
    async makeAnew(name: string, listen: string, upstream: string): Promise<void> {
      await ask('DELETE', `/proxies/${name}`)
      await ask('POST', '/proxies', { name, listen, upstream, enabled: true })
    },
    async setEnabled(name: string, enabled: boolean): Promise<void> {
      await ask('POST', `/proxies/${name}`, { enabled })
    },
  }
}
