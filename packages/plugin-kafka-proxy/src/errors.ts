import { defineError } from '@sluice/spi'

/** `tls.ca` that Node cannot read; refused when the route is written. */
export const CertificatesUnreadable = defineError(
  'KAFKA_PROXY_CA_UNREADABLE',
  { status: 400 },
  'property "tls" validation failed: property "ca" validation failed: %s',
)
