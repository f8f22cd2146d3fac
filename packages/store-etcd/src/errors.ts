import { defineError } from '@sluice/spi'

/** No endpoint of etcd answers, or those that do have no leader. Nothing was written. */
export const EtcdUnavailableError = defineError(
  'STORE_UNAVAILABLE',
  { status: 503 },
  'the configuration store etcd (%s) cannot be reached: %s; what is served stays as it is, try again later',
)

/** A write whose answer did not come. */
export const EtcdOutcomeUnknownError = defineError(
  'STORE_OUTCOME_UNKNOWN',
  { status: 503 },
  'the configuration store etcd (%s) did not answer a write: %s; read the resource to see whether it was made',
)

/** A request that etcd understood and refused: a wrong password, no permission, too large a value. */
export const EtcdRefusedError = defineError(
  'STORE_ETCD_REFUSED',
  { status: 500 },
  'the configuration store etcd refused %s: %s',
)

/** An index of etcd that is no longer exact as a number of JavaScript. */
export const EtcdRevisionTooLargeError = defineError(
  'STORE_ETCD_INDEX_TOO_LARGE',
  { status: 500 },
  'the configuration store etcd is at revision %s, beyond what can be counted exactly: copy its keys to a new cluster',
)
