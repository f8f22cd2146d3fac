import { isIP } from 'node:net'
import type { UpstreamNode } from '@sluice/spi'
import { type AddressClass, addressClass } from './address-class.ts'
import type { Resolve } from './resolve.ts'

/** How long the addresses of a node's name are taken as they were, in milliseconds. */
const KEPT_MS = 10_000

interface Known {
  readonly until: number
  readonly classes: Promise<ReadonlySet<AddressClass>>
}

/** The classes of an upstream's nodes; names are resolved when that is needed. */
export class NodeClasses {
  readonly #nodes: readonly UpstreamNode[]
  readonly #resolve: Resolve
  readonly #now: () => number
  readonly #ofAddresses: ReadonlySet<AddressClass>
  readonly #ofNames = new Map<string, Known>()

  constructor(nodes: readonly UpstreamNode[], resolve: Resolve, now: () => number) {
    this.#nodes = nodes
    this.#resolve = resolve
    this.#now = now
    this.#ofAddresses = new Set(nodes.filter(({ host }) => isIP(host) !== 0).map(({ host }) => addressClass(host)))
  }

  /** Whether the operator wrote this very address. */
  hasNode(host: string, port: number): boolean {
    const name = host.toLowerCase()
    return this.#nodes.some((node) => node.port === port && node.host.toLowerCase() === name)
  }

  /** Whether a node is of one of these classes. */
  async hasAny(wanted: readonly AddressClass[]): Promise<boolean> {
    if (wanted.some((one) => this.#ofAddresses.has(one))) return true
    const names = this.#nodes.filter(({ host }) => isIP(host) === 0)
    const found = await Promise.all(names.map(({ host }) => this.#ofName(host)))
    return found.some((classes) => wanted.some((one) => classes.has(one)))
  }

  #ofName(host: string): Promise<ReadonlySet<AddressClass>> {
    const known = this.#ofNames.get(host)
    if (known !== undefined && this.#now() < known.until) return known.classes
    const before = known?.classes ?? Promise.resolve(new Set<AddressClass>())
    const classes = this.#resolve(host).then(
      (addresses) => new Set(addresses.map(({ address }) => addressClass(address))),
      // A name server that is down does not turn good brokers into refused ones.
      () => before,
    )
    this.#ofNames.set(host, { until: this.#now() + KEPT_MS, classes })
    return classes
  }
}
