import { defineError } from '@sluice/spi'

/** `tls.ca` or `sasl.oauth.ca` that Node cannot read; refused when the route is written. */
export const CertificatesUnreadable = defineError(
  'KAFKA_PROXY_CA_UNREADABLE',
  { status: 400 },
  'property "%s" validation failed: property "ca" validation failed: %s',
)

/** `tls.crl` without a list of revoked certificates; refused when the route is written. */
export const RevocationsUnreadable = defineError(
  'KAFKA_PROXY_CRL_UNREADABLE',
  { status: 400 },
  'property "tls" validation failed: property "crl" validation failed: %s',
)

/** `sasl` without what its mechanism needs; refused when the route is written, in the words of a schema. */
export const SaslFieldMissing = defineError(
  'KAFKA_PROXY_SASL_INCOMPLETE',
  { status: 400 },
  'property "sasl" validation failed: %s',
)

/** `sasl.oauth` that cannot be used; refused when the route is written, in the words of a schema. */
export const OAuthUnusable = defineError(
  'KAFKA_PROXY_OAUTH_UNUSABLE',
  { status: 400 },
  'property "sasl" validation failed: property "oauth" validation failed: %s',
)
