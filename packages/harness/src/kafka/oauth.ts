/** Whose tokens a broker takes. */
export interface TokenIssuer {
  readonly issuer: string
  readonly audience: string
  readonly jwksUrl: string
}

/** Settings of Kafka for a SASL_PLAINTEXT listener that takes tokens; for `properties` of `startKafka`. KIP-768. */
export function oauthProperties({ issuer, audience, jwksUrl }: TokenIssuer): Record<string, string> {
  const security = 'org.apache.kafka.common.security.oauthbearer'
  const listener = 'listener.name.sasl_plaintext.oauthbearer'
  return {
    'sasl.enabled.mechanisms': 'OAUTHBEARER,PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'sasl.oauthbearer.expected.issuer': issuer,
    'sasl.oauthbearer.expected.audience': audience,
    'sasl.oauthbearer.jwks.endpoint.url': jwksUrl,
    'sasl.oauthbearer.clock.skew.seconds': '0',
    // Kafka 4.1.1 checks neither signature nor expiry nor audience where it chooses the validator itself.
    'sasl.oauthbearer.jwt.validator.class': `${security}.BrokerJwtValidator`,
    [`${listener}.sasl.jaas.config`]: `${security}.OAuthBearerLoginModule required;`,
    [`${listener}.sasl.server.callback.handler.class`]: `${security}.OAuthBearerValidatorCallbackHandler`,
  }
}

/** System properties of Java that let Kafka 4 ask for the keys; for `systemProperties` of `startKafka`. */
export function oauthSystemProperties({ jwksUrl }: TokenIssuer): Record<string, string> {
  return { 'org.apache.kafka.sasl.oauthbearer.allowed.urls': jwksUrl }
}
