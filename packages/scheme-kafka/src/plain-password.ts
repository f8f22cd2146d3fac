import type { Log, UpstreamNode, UpstreamTls } from '@sluice/spi'
import type { KafkaAccess } from './context.ts'

/** What shows credentials to everyone on the way works, as SASL/PLAIN without TLS does in APISIX, but is said aloud. */
export function warnAboutPlainPassword(
  log: Log,
  nodes: readonly UpstreamNode[],
  tls: UpstreamTls | undefined,
  access: KafkaAccess | undefined,
): void {
  const sasl = access?.sasl
  if (sasl === undefined) return
  const brokers = nodes.map(({ host, port }) => `${host}:${port ?? ''}`)
  if (tls === undefined && sasl.mechanism === 'PLAIN')
    log.warn({ brokers }, 'SASL/PLAIN without TLS sends the password readable: set upstream.tls, or use SCRAM')
  if (sasl.mechanism !== 'OAUTHBEARER') return
  if (tls === undefined)
    log.warn({ brokers }, 'SASL/OAUTHBEARER without TLS sends the token readable: set upstream.tls')
  if ('tokenUrl' in sasl.oauth && new URL(sasl.oauth.tokenUrl).protocol === 'http:')
    log.warn({ brokers }, 'sasl.oauth.token_url without TLS sends the client secret readable: use https')
}
