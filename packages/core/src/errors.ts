import { defineError } from '@sluice/spi'

/** A `vars` expression that cannot be compiled; the message is APISIX's. */
export const VarsError = defineError('CONFIG_VARS_INVALID', { status: 400 }, '%s')

/** A watch from a revision whose successors the store no longer has. */
export const StoreRevisionGoneError = defineError(
  'STORE_REVISION_GONE',
  {},
  'the store keeps the revisions after %s only, up to its present one: take a snapshot and watch from its revision',
)

/** A stored configuration that its scheme or plugin does not take (any more). */
export const ConfigUnusableError = defineError(
  'CONFIG_UNUSABLE',
  { status: 500 },
  '%s does not fit its schema: %s; write the resource again',
)

/** A stored configuration that cannot be read: a secret that no key decrypts, a plugin that refuses to be built. */
export const RouteUnusableError = defineError(
  'ROUTE_UNUSABLE',
  { status: 500 },
  'route %s cannot be served, its configuration is at fault: %s',
)

/** A route whose service is gone (it was deleted with `force=true`). */
export const RouteServiceMissingError = defineError(
  'ROUTE_SERVICE_MISSING',
  { status: 404 },
  'route %s refers to service %s, which does not exist: create it or change service_id',
)

/** A route whose plugin config is gone (it was deleted with `force=true`). */
export const RoutePluginConfigMissingError = defineError(
  'ROUTE_PLUGIN_CONFIG_MISSING',
  { status: 503 },
  'route %s refers to plugin config %s, which does not exist: create it or change plugin_config_id',
)

/** A route whose upstream names a certificate that is gone, or that is one of servers. */
export const RouteClientCertMissingError = defineError(
  'ROUTE_CLIENT_CERT_MISSING',
  { status: 503 },
  'the upstream of route %s refers to ssl %s, which does not exist or is not of type client: create it or change tls.client_cert_id',
)

/** A consumer whose group is gone, behind the back of the Admin API. */
export const ConsumerGroupMissingError = defineError(
  'CONSUMER_GROUP_MISSING',
  { status: 503 },
  'consumer %s refers to consumer group %s, which does not exist: create it or change group_id',
)

/** A consumer whose plugins cannot be built. */
export const ConsumerUnusableError = defineError(
  'CONSUMER_UNUSABLE',
  { status: 500 },
  'consumer %s cannot be served, its configuration or that of its group is at fault: %s',
)

/** Two consumers with one key, behind the back of the Admin API. */
export const ConsumerKeyTwiceError = defineError(
  'CONSUMER_KEY_TWICE',
  {},
  'what %s holds for plugin %s is that of another consumer too, which alone is found by it: write it with another key',
)

/** A certificate for clients who are to show one of theirs, which no listener asks for yet. */
export const ClientCertificatesError = defineError(
  'SSL_CLIENT_CERTIFICATES',
  {},
  'ssl %s asks clients for certificates, which this version cannot, and is not shown to any: take its field client away',
)

/** A plugin in two global rules, behind the back of the Admin API. */
export const GlobalRulePluginTwiceError = defineError(
  'GLOBAL_RULE_PLUGIN_TWICE',
  {},
  'plugin %s stands in two global rules and runs in neither: delete one of them',
)

/** A route or service whose upstream is gone (it was deleted with `force=true`). */
export const RouteUpstreamMissingError = defineError(
  'ROUTE_UPSTREAM_MISSING',
  { status: 503 },
  'route %s refers to upstream %s, which does not exist: create it or change upstream_id',
)

/** A route that names no upstream, nor does its service. */
export const RouteWithoutUpstreamError = defineError(
  'ROUTE_WITHOUT_UPSTREAM',
  { status: 503 },
  'route %s has no upstream: give it upstream, upstream_id or a service that has one',
)

/** A route whose upstream has TLS without verification, in a gateway with `egress.require_verify`. */
export const RouteTlsUnverifiedError = defineError(
  'ROUTE_TLS_UNVERIFIED',
  { status: 503 },
  'route %s uses TLS without verification, which egress.require_verify refuses: set upstream.tls.verify to true',
)

/** A route for a scheme that this gateway does not have. */
export const SchemeNotInstalledError = defineError(
  'ROUTE_SCHEME_NOT_INSTALLED',
  { status: 503 },
  'scheme %s is not installed: change upstream.scheme to one that this gateway serves, or name its package in schemes of the configuration file',
)

/** A route with a plugin that this gateway does not have: running the route without it could open what it closes. */
export const PluginNotInstalledError = defineError(
  'ROUTE_PLUGIN_NOT_INSTALLED',
  { status: 503 },
  'plugin %s is not installed: add it to plugins in the configuration file, or take it off the route',
)

/** A call of a store after `close`. */
export const StoreClosedError = defineError('STORE_CLOSED', {}, 'the configuration store is closed')

/** A resource that cannot be stored; the message is APISIX's. */
export const ConfigInvalidError = defineError('RESOURCE_INVALID', { status: 400 }, '%s')

/** A stored secret that was encrypted with a key that is not given. */
export const SecretKeyMissingError = defineError(
  'SECRET_KEY_MISSING',
  { status: 500 },
  'a stored secret was encrypted with the key %s, which is not among the encryption keys: add that key, or write the secret again',
)

/** A reference to a secret that is kept elsewhere, which leads nowhere. */
export const SecretReferenceError = defineError(
  'SECRET_REFERENCE_UNRESOLVED',
  { status: 500 },
  'the reference %s cannot be followed: %s; set what it refers to, or change the reference',
)

/** A stored secret that does not decrypt. */
export const SecretUnreadableError = defineError(
  'SECRET_UNREADABLE',
  { status: 500 },
  'a stored secret does not decrypt with the key %s: the key or the value was altered; write the secret again',
)
