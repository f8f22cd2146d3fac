import type { DialTarget, Log, ResolvedUpstream } from '@sluice/spi'
import type { AddressRefused } from './address-refused.ts'

/** Remembered refusals; a hostile upstream can advertise a new address each time. */
const MOST_KNOWN = 1000

/** Makes what warns of a refusal, once for an upstream and an address that it advertises. */
export function createRefusalLog(log: Log) {
  const known = new Set<string>()
  return (
    { nodes }: Pick<ResolvedUpstream, 'nodes'>,
    { host, port }: DialTarget,
    { message: reason }: AddressRefused,
  ): void => {
    const upstream = nodes.map((node) => (node.port === undefined ? node.host : `${node.host}:${node.port}`))
    const address = `${host}:${port}`
    const key = JSON.stringify([upstream, address])
    if (known.has(key)) return
    if (known.size >= MOST_KNOWN) known.clear()
    known.add(key)
    log.warn({ upstream, address, reason }, 'the egress policy refuses an address that an upstream advertises')
  }
}
