import { type KafkaAccess, kafkaAccess } from '@sluice/scheme-kafka/context'
import { type ContextValues, definePlugin } from '@sluice/spi'
import { checkCertificates, checkRevocations } from './certificates.ts'
import { Config, type TlsConfig } from './config.ts'
import { saslAccess } from './sasl-access.ts'

/** Hands the route's credentials and TLS details to the `kafka` scheme, before it opens any broker connection. */
export default definePlugin({
  name: 'kafka-proxy',
  priority: 508,
  config: Config,
  secrets: ['sasl.password', 'sasl.oauth.client_secret', 'sasl.oauth.token'],
  create({ sasl, tls }) {
    const access: KafkaAccess = {
      ...(sasl === undefined ? {} : { sasl: saslAccess(sasl) }),
      ...(tls === undefined ? {} : { tls: tlsAccess(tls) }),
    }
    const prepare = (values: ContextValues): void => values.set(kafkaAccess, access)
    return { access: prepare, prepare }
  },
})

function tlsAccess({ ca, crl, server_name: serverName }: TlsConfig): NonNullable<KafkaAccess['tls']> {
  if (ca !== undefined) checkCertificates(ca, 'tls')
  if (crl !== undefined) checkRevocations(crl)
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(crl === undefined ? {} : { crl }),
    ...(serverName === undefined ? {} : { serverName }),
  }
}
