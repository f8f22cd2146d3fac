import type { ConfigEntry } from './config-store.ts'
import type { EffectiveRoute } from './effective-route.ts'
import { canonicalJson, idOf, stringsOf } from './json-fields.ts'
import type { RouteParts } from './route-parts.ts'
import { createRules, type RouteRule } from './route-rule.ts'
import type { RouteTools } from './route-tools.ts'

/** A stored route in a route table. */
export interface RouteRecord {
  readonly id: string
  readonly entry: ConfigEntry
  readonly serviceId: string | undefined
  /** Hosts that the rules are indexed for; none for any host. */
  readonly hosts: readonly string[]
  /** None where the route is switched off or cannot be matched. */
  readonly rules: readonly RouteRule[]
  readonly memo: RouteMemo
}

/**
 * What was last built of a route, and of which parts. Every version of the route shares it, so that a change of the
 * description, say, keeps the plugin instances.
 */
interface RouteMemo {
  parts?: RouteParts
  effective?: EffectiveRoute
}

/** Makes the record of a route; faults in its conditions are reported, and leave it out of the router. */
export function createRecord(
  id: string,
  entry: ConfigEntry,
  serviceOf: (id: string) => ConfigEntry | undefined,
  tools: RouteTools,
  memo: RouteMemo,
): RouteRecord {
  const serviceId = idOf(entry.value.service_id)
  const service = serviceId === undefined ? undefined : serviceOf(serviceId)
  const own = ownHosts(entry)
  // Without its service it is not known which hosts the route is for; taking those of other routes would be worse.
  const routable = own !== undefined || serviceId === undefined || service !== undefined
  const rules = routable && isEnabled(entry) ? checkedRules(id, entry, tools) : []
  const hosts = own ?? stringsOf(service?.value.hosts) ?? []
  return { id, entry, serviceId, hosts: [...new Set(hosts.map((host) => host.toLowerCase()))], rules, memo }
}

/** Whether a route is to be matched, APISIX field `status`. */
export function isEnabled(route: ConfigEntry): boolean {
  return route.value.status !== 0
}

/** Whether routes that take their hosts from the service have to be indexed anew. */
export function hostsDiffer(before: ConfigEntry | undefined, after: ConfigEntry | undefined): boolean {
  if (before === undefined || after === undefined) return before !== after
  return canonicalJson(before.value.hosts) !== canonicalJson(after.value.hosts)
}

/** The route's own hosts; undefined where those of its service count. */
export function ownHosts({ value }: ConfigEntry): readonly string[] | undefined {
  return stringsOf(value.host) ?? stringsOf(value.hosts)
}

function checkedRules(id: string, entry: ConfigEntry, tools: RouteTools): readonly RouteRule[] {
  try {
    return createRules(id, entry)
  } catch (error) {
    tools.onProblem(entry.key, error instanceof Error ? error : new Error(String(error)))
    return []
  }
}
