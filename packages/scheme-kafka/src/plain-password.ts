import type { Log, UpstreamNode, UpstreamTls } from '@sluice/spi'
import type { KafkaAccess } from './context.ts'

/** SASL/PLAIN without TLS shows the password to everyone on the way: it works, as in APISIX, but is said aloud. */
export function warnAboutPlainPassword(
  log: Log,
  nodes: readonly UpstreamNode[],
  tls: UpstreamTls | undefined,
  access: KafkaAccess | undefined,
): void {
  if (tls !== undefined || access?.sasl?.mechanism !== 'PLAIN') return
  const brokers = nodes.map(({ host, port }) => `${host}:${port ?? ''}`)
  log.warn({ brokers }, 'SASL/PLAIN without TLS sends the password readable: set upstream.tls, or use SCRAM')
}
