import { X509Certificate } from 'node:crypto'
import { type KafkaAccess, kafkaAccess } from '@sluice/scheme-kafka/context'
import { definePlugin } from '@sluice/spi'
import { type Static, Type } from 'typebox'
import { CertificatesUnreadable } from './errors.ts'

const Config = Type.Object({
  sasl: Type.Optional(
    Type.Object(
      {
        mechanism: Type.Optional(
          Type.Enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'], {
            default: 'PLAIN',
            description: 'SASL mechanism that the broker listener offers.',
          }),
        ),
        username: Type.String({ description: 'User name at the brokers.' }),
        password: Type.String({ description: 'Password at the brokers; encrypted at rest.' }),
      },
      { description: 'Credentials sent to every broker of the upstream, before anything else.' },
    ),
  ),
  tls: Type.Optional(
    Type.Object(
      {
        ca: Type.Optional(
          Type.String({
            minLength: 1,
            description: "PEM certificates trusted for the brokers instead of the system's.",
          }),
        ),
        server_name: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 256,
            description: "Name in SNI and in the check of the broker's certificate instead of the broker's host.",
          }),
        ),
      },
      { description: 'Details for an upstream with `tls`; they do not turn TLS on.' },
    ),
  ),
})

/** Hands the route's credentials and TLS details to the `kafka` scheme, before it opens any broker connection. */
export default definePlugin({
  name: 'kafka-proxy',
  priority: 508,
  config: Config,
  secrets: ['sasl.password'],
  create(config) {
    if (config.tls?.ca !== undefined) checkCertificates(config.tls.ca)
    const access = toAccess(config)
    return {
      access(ctx) {
        ctx.set(kafkaAccess, access)
      },
    }
  },
})

/** Certificates that Node cannot read would be passed over in silence, and the broker's then not be trusted. */
function checkCertificates(pem: string): void {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)
  if (blocks === null || blocks.length < pem.split('BEGIN CERTIFICATE').length - 1)
    throw new CertificatesUnreadable('it is no text of PEM certificates; give what the file holds, not its path')
  blocks.forEach((block, index) => {
    try {
      new X509Certificate(block)
    } catch (cause) {
      throw new CertificatesUnreadable(`certificate ${index + 1} in it cannot be read`, { cause })
    }
  })
}

function toAccess({ sasl, tls }: Static<typeof Config>): KafkaAccess {
  return {
    ...(sasl === undefined ? {} : { sasl: { ...sasl, mechanism: sasl.mechanism ?? 'PLAIN' } }),
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ...(tls.ca === undefined ? {} : { ca: tls.ca }),
            ...(tls.server_name === undefined ? {} : { serverName: tls.server_name }),
          },
        }),
  }
}
