import { isIP, Socket } from 'node:net'
import type { DialTarget, Log, Metrics } from '@sluice/spi'
import { createDialFor, type DialNetwork } from '../../src/dial.ts'
import type { DialSocket } from '../../src/dial-socket.ts'
import type { Resolve } from '../../src/egress/resolve.ts'

/** A network without wires: names are a table, connections come about at once, and both are written down. */
class FakeNetwork implements DialNetwork {
  /** Addresses of each name; one that is not here does not resolve. */
  readonly names = new Map<string, readonly string[]>()
  readonly lookups: string[] = []
  readonly connections: { readonly target: DialTarget; readonly addresses: readonly string[] }[] = []
  time = 0
  readonly now = (): number => this.time

  resolve: Resolve = async (host) => {
    if (isIP(host) !== 0) return [{ address: host, family: isIP(host) }]
    this.lookups.push(host)
    const found = this.names.get(host)
    if (found === undefined) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' })
    return found.map((address) => ({ address, family: isIP(address) }))
  }

  connect: DialSocket = (target, addresses) => {
    this.connections.push({ target, addresses: addresses.map(({ address }) => address) })
    const socket = new Socket()
    process.nextTick(() => {
      socket.emit('connect')
      if (target.tls !== undefined) socket.emit('secureConnect')
    })
    return socket
  }
}

/** Dials of upstreams over a fake network, with what was counted and logged. */
export function startDialling(allow: readonly string[] = []) {
  const network = new FakeNetwork()
  const counts = new Map<string, number>()
  const warnings: { readonly fields: object; readonly message: string }[] = []
  const noMetric = { add: () => {}, observe: () => {} }
  const metrics: Metrics = {
    counter: (name, _help, labels = {}) => {
      const key = [name, ...Object.values(labels)].join(' ')
      return { add: (value) => void counts.set(key, (counts.get(key) ?? 0) + value) }
    },
    gauge: () => noMetric,
    histogram: () => noMetric,
  }
  const silent = (): void => {}
  const log: Log = {
    debug: silent,
    info: silent,
    warn: (fields, message) => void warnings.push({ fields, message }),
    error: silent,
  }
  const dialFor = createDialFor({ metrics, log, allow }, network)
  /** The dial of an upstream with these nodes, `host` at port 9092. */
  const upstream = (...hosts: string[]) => dialFor({ nodes: hosts.map((host) => ({ host, port: 9092, weight: 1 })) })
  return { network, upstream, warnings, count: (name: string) => counts.get(name) ?? 0 }
}

/** Where to dial; port 9092, without TLS. */
export function at(host: string, advertised: boolean, changes: Partial<DialTarget> = {}): DialTarget {
  return { host, port: 9092, timeoutMs: 1000, advertised, ...changes }
}
