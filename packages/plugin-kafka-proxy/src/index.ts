import { type KafkaAccess, kafkaAccess } from '@sluice/scheme-kafka/context'
import { definePlugin } from '@sluice/spi'
import { type Static, Type } from 'typebox'

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
    const access = toAccess(config)
    return {
      access(ctx) {
        ctx.set(kafkaAccess, access)
      },
    }
  },
})

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
