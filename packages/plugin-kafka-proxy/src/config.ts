import { type Static, Type } from 'typebox'

const pem = (description: string) => Type.Optional(Type.String({ minLength: 1, description }))

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, description }))

const OAuth = Type.Object(
  {
    token_url: text('Endpoint of the client credentials grant (RFC 6749, 4.4), `http` or `https`.'),
    client_id: text('Who asks for the token; required with `token_url`.'),
    client_secret: text('Its secret; required with `token_url`, encrypted at rest.'),
    scope: text('Scopes to ask for, separated by spaces.'),
    ca: pem("PEM certificates trusted for `token_url` instead of the system's."),
    token: text('A token of your own instead of `token_url`; encrypted at rest.'),
    extensions: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: 'SASL extensions for the brokers (KIP-342): names of letters, values of printable ASCII.',
      }),
    ),
  },
  {
    description: 'The token, for mechanism `OAUTHBEARER` and required there: `token_url` with the client, or `token`.',
  },
)

/** Configuration of kafka-proxy. */
export const Config = Type.Object({
  sasl: Type.Optional(
    Type.Object(
      {
        mechanism: Type.Optional(
          Type.Enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'], {
            default: 'PLAIN',
            description: 'SASL mechanism that the broker listener offers.',
          }),
        ),
        username: Type.Optional(
          Type.String({ description: 'User name at the brokers; required, except with `OAUTHBEARER`.' }),
        ),
        password: Type.Optional(
          Type.String({ description: 'Password at the brokers; required with `username`, encrypted at rest.' }),
        ),
        oauth: Type.Optional(OAuth),
      },
      { description: 'Credentials sent to every broker of the upstream, before anything else.' },
    ),
  ),
  tls: Type.Optional(
    Type.Object(
      {
        ca: pem("PEM certificates trusted for the brokers instead of the system's."),
        crl: pem(
          "PEM lists of revoked certificates (RFC 5280), one of each CA on the way to the broker's certificate.",
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

/** Its `sasl`. */
export type SaslConfig = NonNullable<Static<typeof Config>['sasl']>

/** Its `tls`. */
export type TlsConfig = NonNullable<Static<typeof Config>['tls']>
