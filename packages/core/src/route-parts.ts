import type { ConfigEntry } from './config-store.ts'
import type { JsonObject } from './json.ts'
import { idOf, objectOf } from './json-fields.ts'
import type { PersistentMap } from './persistent-map.ts'
import type { RouteRecord } from './route-record.ts'

/** A stored resource that another one refers to. */
type Referred = ConfigEntry | 'missing' | undefined

/** The stored resources that make up a route; a missing one is one that is referred to and does not exist. */
export interface RouteParts {
  readonly route: ConfigEntry
  readonly service: Referred
  readonly pluginConfig: Referred
  readonly upstream: Referred
  /** The ssl of `tls.client_cert_id`. */
  readonly clientCert: Referred
}

/** Kinds of resources that routes are made up of besides services, as the first segments of their keys. */
export const sharedKinds = ['upstreams', 'plugin_configs', 'ssls'] as const

/** Those resources, by kind and id. */
export type SharedParts = Readonly<Record<(typeof sharedKinds)[number], PersistentMap<ConfigEntry>>>

/** Finds the parts of a route. */
export function partsOf(
  { entry, serviceId }: RouteRecord,
  services: PersistentMap<ConfigEntry>,
  shared: SharedParts,
): RouteParts {
  const service = find(services, serviceId)
  const base = service === 'missing' ? undefined : service?.value
  const upstream = find(shared.upstreams, upstreamIdOf(entry.value, base))
  const settings = inlineOr(upstream, entry.value, base)
  return {
    route: entry,
    service,
    pluginConfig: find(shared.plugin_configs, idOf(entry.value.plugin_config_id)),
    upstream,
    clientCert: find(shared.ssls, clientCertIdOf(settings)),
  }
}

function find(entries: PersistentMap<ConfigEntry>, id: string | undefined): Referred {
  return id === undefined ? undefined : (entries.get(id) ?? 'missing')
}

/** Whether both are made up of the very same resources. */
export function sameParts(a: RouteParts, b: RouteParts): boolean {
  return (
    a.route === b.route &&
    a.service === b.service &&
    a.pluginConfig === b.pluginConfig &&
    a.upstream === b.upstream &&
    a.clientCert === b.clientCert
  )
}

/**
 * The id of the upstream that counts: the route's `upstream_id`, else its inline `upstream` (then undefined), else the same
 * of its service.
 */
export function upstreamIdOf(route: JsonObject, service: JsonObject | undefined): string | undefined {
  const own = idOf(route.upstream_id)
  return own !== undefined || route.upstream !== undefined ? own : idOf(service?.upstream_id)
}

/** The upstream that counts: the one referred to, else that of the route, else that of its service. */
export function inlineOr(
  upstream: Referred,
  route: JsonObject,
  service: JsonObject | undefined,
): JsonObject | undefined {
  if (upstream === 'missing') return undefined
  return upstream?.value ?? objectOf(route.upstream) ?? objectOf(service?.upstream)
}

/** The id of the ssl whose certificate an upstream shows to its servers. */
export function clientCertIdOf(upstream: JsonObject | undefined): string | undefined {
  return idOf(objectOf(upstream?.tls)?.client_cert_id)
}
