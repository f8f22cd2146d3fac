import { choosePorts } from '../ports.ts'
import { openOwnNetwork, whyNoOwnNetwork } from './own-network.ts'
import { type Toxic, ToxiproxyServer } from './toxiproxy-server.ts'

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

/** Fault proxies that share a network. */
export interface Toxiproxy {
  /** Where servers must listen for a proxy to reach them: 127.0.0.1, or our end of the cable to its own network. */
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
 * Makes room for fault proxies, each a toxiproxy of its own, which `requireTool('toxiproxy-server')` must have found: one
 * that has locked itself up can be ended and started again without a word to the others. They die with this process at
 * the latest, and their network with them.
 */
export async function startToxiproxy({ packets = false }: ToxiproxyOptions = {}): Promise<Toxiproxy> {
  const noPackets = packets ? await whyNoOwnNetwork() : 'it shares our network'
  const network = noPackets === false ? await openOwnNetwork() : undefined
  const servers = new Map<string, ToxiproxyServer>()

  return {
    upstreamHost: network?.outside ?? '127.0.0.1',
    noPackets,
    async proxy(name, upstream) {
      await servers.get(name)?.stop()
      const [port = 0, apiPort = 0] = await choosePorts(2)
      const server = new ToxiproxyServer({ network, port, apiPort, upstream })
      servers.set(name, server)
      await server.start()
      return {
        address: server.address,
        add: (toxic) => server.addToxic(toxic),
        down: () => server.stop(),
        async dropPackets() {
          if (network === undefined) throw new Error(`packets cannot be dropped: ${noPackets}`)
          await network.dropPackets(port)
        },
        async heal() {
          await network?.restorePackets(port)
          await server.removeToxics()
          await server.start()
        },
      }
    },
    async stop() {
      await Promise.all([...servers.values()].map((server) => server.stop()))
      await network?.close()
    },
  }
}
