import {
  type ClusterOptions,
  createStaticTokenSource,
  createTokenSource,
  postForm,
  requestToken,
  type SaslOptions,
  type TokenSource,
} from '@sluice/kafka-wire'
import type { Log, Metrics } from '@sluice/spi'
import type { KafkaAccess } from './context.ts'

type Sasl = NonNullable<KafkaAccess['sasl']>
type OAuth = Extract<Sasl, { mechanism: 'OAUTHBEARER' }>['oauth']

/** What the tokens of a cluster are asked for under. */
export interface SaslEnv {
  readonly log: Log
  readonly metrics: Metrics
  /** For one request to a token endpoint. */
  readonly timeoutMs: number
}

/** What the Kafka client authenticates with; its tokens are of this cluster alone. */
export function saslOptions(sasl: Sasl, env: SaslEnv): SaslOptions {
  if (sasl.mechanism !== 'OAUTHBEARER') return sasl
  const { extensions } = sasl.oauth
  const { mechanism } = sasl
  return { mechanism, tokens: tokenSource(sasl.oauth, env), ...(extensions === undefined ? {} : { extensions }) }
}

function tokenSource(oauth: OAuth, { log, metrics, timeoutMs }: SaslEnv): TokenSource {
  if ('token' in oauth) return createStaticTokenSource(oauth.token)
  const requests = (result: string) =>
    metrics.counter('kafka_token_requests_total', 'Requests for tokens for SASL OAUTHBEARER', { result })
  const [ok, failed] = [requests('ok'), requests('error')]
  return createTokenSource({
    request: (signal) => requestToken(oauth, { timeoutMs, signal }, postForm),
    onRequest(error) {
      if (error === undefined) ok.add(1)
      else {
        failed.add(1)
        log.warn({ reason: error.message }, 'a token request failed')
      }
    },
  })
}

/** Counts connections that are authenticated again, and tells of those that are not. */
export function reauthenticationHook({
  log,
  metrics,
}: Pick<SaslEnv, 'log' | 'metrics'>): NonNullable<ClusterOptions['onReauthenticated']> {
  const renewals = (result: string) =>
    metrics.counter(
      'kafka_reauthentications_total',
      'Broker connections authenticated again before their sessions ended',
      {
        result,
      },
    )
  const [ok, failed] = [renewals('ok'), renewals('error')]
  return (broker, error) => {
    if (error === undefined) ok.add(1)
    else {
      failed.add(1)
      log.warn({ broker, reason: error.message }, 'a broker connection was not authenticated again')
    }
  }
}
