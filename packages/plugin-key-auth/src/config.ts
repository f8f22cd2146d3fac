import { Type } from 'typebox'

/** Configuration of key-auth in a route, a service, a plugin config or a global rule. */
export const Config = Type.Object({
  header: Type.Optional(Type.String({ default: 'apikey', description: 'Name of the header that has the key.' })),
  query: Type.Optional(
    Type.String({
      default: 'apikey',
      description: 'Name of the query parameter that has it, where the header is not there.',
    }),
  ),
  hide_credentials: Type.Optional(
    Type.Boolean({
      default: false,
      description: 'Accepted for APISIX; the scheme `kafka` passes nothing of the request on to brokers.',
    }),
  ),
  realm: Type.Optional(Type.String({ default: 'key', description: 'Realm in `WWW-Authenticate` of a refusal.' })),
  anonymous_consumer: Type.Optional(
    Type.String({ minLength: 1, description: 'Consumer that stands for requests without a valid key.' }),
  ),
})

/** What a consumer or a credential holds. */
export const ConsumerConfig = Type.Object({
  key: Type.String({ description: 'The key that the consumer is known by; encrypted at rest.' }),
})
