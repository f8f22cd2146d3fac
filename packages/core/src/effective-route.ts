import { createHash } from 'node:crypto'
import { isSluiceError, type ResolvedUpstream, type SluiceError } from '@sluice/spi'
import type { ConfigEntry } from './config-store.ts'
import { buildPlugins, type PluginPlan, planPlugins } from './effective-plugins.ts'
import {
  RouteServiceMissingError,
  RouteTlsUnverifiedError,
  RouteUnusableError,
  RouteUpstreamMissingError,
  RouteWithoutUpstreamError,
  SchemeNotInstalledError,
} from './errors.ts'
import type { JsonObject } from './json.ts'
import { canonicalJson, idOf, mapPaths, objectOf, stringOf } from './json-fields.ts'
import type { PipelinePlugin } from './pipeline.ts'
import { resolveUpstream, schemeOf, skipsVerification } from './resolve-upstream.ts'
import { upstreamSecrets } from './resources/upstream.ts'
import type { RouteTools } from './route-tools.ts'

/** A route with its service and upstream merged in, ready to serve. */
export interface EffectiveRoute {
  readonly id: string
  readonly name?: string
  /** Same for two versions of a route exactly where their scheme, plugins and upstream are the same. */
  readonly digest: string
  /** By priority, highest first. Same instances as long as the digest is the same. */
  readonly plugins: readonly PipelinePlugin[]
  /** Absent where there is a problem. Same object as long as the digest is the same. */
  readonly upstream?: ResolvedUpstream
  /** The route's own value, else the service's, else false. */
  readonly enableWebsocket: boolean
  /** Why the route cannot be served; thrown to whoever asks for it. */
  readonly problem?: SluiceError
}

/** The stored resources that make up a route; a missing one is one that is referred to and does not exist. */
export interface RouteParts {
  readonly route: ConfigEntry
  readonly service: ConfigEntry | 'missing' | undefined
  readonly upstream: ConfigEntry | 'missing' | undefined
}

/**
 * The id of the upstream that counts: the route's `upstream_id`, else its inline `upstream` (then undefined), else the same
 * of its service.
 */
export function upstreamIdOf(route: JsonObject, service: JsonObject | undefined): string | undefined {
  const own = idOf(route.upstream_id)
  return own !== undefined || route.upstream !== undefined ? own : idOf(service?.upstream_id)
}

// Fields of an upstream that change nothing for those who use it, or that count in their resolved form.
const uncounted = new Set(['id', 'name', 'desc', 'labels', 'create_time', 'update_time', 'nodes', 'timeout'])

/**
 * Builds a route. Faults of the configuration become the route's `problem`.
 *
 * @param previous the route before the change; its plugin instances and upstream are kept where the digest is the same
 */
export function buildEffectiveRoute(
  id: string,
  parts: RouteParts,
  tools: RouteTools,
  previous: EffectiveRoute | undefined,
): EffectiveRoute {
  const { route, service } = parts
  const name = stringOf(route.value.name)
  const websocket = route.value.enable_websocket ?? (service === 'missing' ? false : service?.value.enable_websocket)
  const head = { id, ...(name === undefined ? {} : { name }), enableWebsocket: websocket === true }
  try {
    return { ...head, ...buildBody(id, parts, tools, previous) }
  } catch (cause) {
    const problem = isSluiceError(cause) ? cause : unusable(id, cause)
    if (problem.place.status === 500) tools.onProblem(route.key, problem)
    return { ...head, digest: digest([problem.code, problem.message]), plugins: [], problem }
  }
}

type RouteBody = Pick<EffectiveRoute, 'digest' | 'plugins' | 'upstream'>

function buildBody(id: string, parts: RouteParts, tools: RouteTools, previous: EffectiveRoute | undefined): RouteBody {
  const { route } = parts
  const service = serviceOf(id, parts)
  const stored = upstreamOf(id, parts)
  const scheme = schemeOf(stored)
  if (!tools.registry.schemes.has(scheme)) throw new SchemeNotInstalledError(scheme)
  if (tools.requireVerify && skipsVerification(stored)) throw new RouteTlsUnverifiedError(id)
  const plans = planPlugins([objectOf(service?.plugins), objectOf(route.value.plugins)], tools)
  const settings = mapPaths(stored, upstreamSecrets, tools.decrypt)
  const upstream = resolveUpstream(settings, objectOf(route.value.timeout), tools.defaults)
  const bodyDigest = digest([upstream, effectiveFields(settings, scheme), plans.map(planFields)])
  if (previous?.upstream !== undefined && previous.digest === bodyDigest) {
    return { digest: bodyDigest, plugins: previous.plugins, upstream: previous.upstream }
  }
  return { digest: bodyDigest, plugins: buildPlugins(plans), upstream }
}

function serviceOf(id: string, { route, service }: RouteParts): JsonObject | undefined {
  if (service === 'missing') throw new RouteServiceMissingError(id, idOf(route.value.service_id) ?? '')
  return service?.value
}

function upstreamOf(id: string, { route, service, upstream }: RouteParts): JsonObject {
  const base = service === 'missing' ? undefined : service?.value
  if (upstream === 'missing') throw new RouteUpstreamMissingError(id, upstreamIdOf(route.value, base) ?? '')
  const found = upstream?.value ?? objectOf(route.value.upstream) ?? objectOf(base?.upstream)
  if (found === undefined) throw new RouteWithoutUpstreamError(id)
  return found
}

function unusable(id: string, cause: unknown): SluiceError {
  return new RouteUnusableError(id, cause instanceof Error ? cause.message : String(cause), { cause })
}

/** What counts of an upstream besides what is resolved, e.g. `type` and `retries`. */
function effectiveFields(upstream: JsonObject, scheme: string): object {
  return Object.fromEntries(Object.entries(upstream).filter(([name]) => name !== scheme && !uncounted.has(name)))
}

function planFields({ plugin, config, filter }: PluginPlan): readonly unknown[] {
  return [plugin.name, config, filter]
}

function digest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64')
}
