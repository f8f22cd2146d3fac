import type { TlsOptions } from '@sluice/kafka-wire'
import type { UpstreamTls } from '@sluice/spi'
import type { KafkaAccess } from './context.ts'

/** TLS towards the brokers of an upstream, with the details of plugin kafka-proxy. */
export function tlsOptions(tls: UpstreamTls, access: KafkaAccess | undefined): TlsOptions {
  return {
    verify: tls.verify,
    ...(access?.tls?.ca === undefined ? {} : { ca: access.tls.ca }),
    ...(access?.tls?.serverName === undefined ? {} : { serverName: access.tls.serverName }),
    ...(access?.tls?.crl === undefined ? {} : { crl: access.tls.crl }),
    ...(tls.clientCert === undefined ? {} : { cert: tls.clientCert }),
    ...(tls.clientKey === undefined ? {} : { key: tls.clientKey }),
  }
}
