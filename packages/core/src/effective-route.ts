import { createHash } from 'node:crypto'
import { isSluiceError, type ResolvedUpstream, type SluiceError } from '@sluice/spi'
import { buildPlugins, type PluginPlan, planPlugins } from './effective-plugins.ts'
import {
  RouteClientCertMissingError,
  RoutePluginConfigMissingError,
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
import { clientCertIdOf, inlineOr, type RouteParts, upstreamIdOf } from './route-parts.ts'
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
  const pluginConfig = pluginConfigOf(id, parts)
  const stored = upstreamOf(id, parts)
  const scheme = schemeOf(stored)
  if (!tools.registry.schemes.has(scheme)) throw new SchemeNotInstalledError(scheme)
  if (tools.requireVerify && skipsVerification(stored)) throw new RouteTlsUnverifiedError(id)
  const layers = [service, pluginConfig, route.value].map((layer) => objectOf(layer?.plugins))
  const plans = planPlugins(layers, tools)
  const settings = withClientCert(id, mapPaths(stored, upstreamSecrets, tools.decrypt), parts, tools)
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

function pluginConfigOf(id: string, { route, pluginConfig }: RouteParts): JsonObject | undefined {
  if (pluginConfig === 'missing') {
    throw new RoutePluginConfigMissingError(id, idOf(route.value.plugin_config_id) ?? '')
  }
  return pluginConfig?.value
}

function upstreamOf(id: string, { route, service, upstream }: RouteParts): JsonObject {
  const base = service === 'missing' ? undefined : service?.value
  if (upstream === 'missing') throw new RouteUpstreamMissingError(id, upstreamIdOf(route.value, base) ?? '')
  const found = inlineOr(upstream, route.value, base)
  if (found === undefined) throw new RouteWithoutUpstreamError(id)
  return found
}

/** An upstream with the certificate that it refers to in place. */
function withClientCert(id: string, upstream: JsonObject, { clientCert }: RouteParts, tools: RouteTools): JsonObject {
  if (clientCert === undefined) return upstream
  if (clientCert === 'missing' || clientCert.value.type !== 'client') {
    throw new RouteClientCertMissingError(id, clientCertIdOf(upstream) ?? '')
  }
  const { cert = '', key = '' } = mapPaths(clientCert.value, ['cert', 'key'], (text) =>
    tools.resolve(tools.decrypt(text)),
  )
  return { ...upstream, tls: { ...objectOf(upstream.tls), client_cert: cert, client_key: key } }
}

function unusable(id: string, cause: unknown): SluiceError {
  return new RouteUnusableError(id, cause instanceof Error ? cause.message : String(cause), { cause })
}

/** What counts of an upstream besides what is resolved, e.g. `type` and `retries`. */
function effectiveFields(upstream: JsonObject, scheme: string): object {
  return Object.fromEntries(Object.entries(upstream).filter(([name]) => name !== scheme && !uncounted.has(name)))
}

function planFields({ plugin, config, filter, errorResponse }: PluginPlan): readonly unknown[] {
  return [plugin.name, config, filter, errorResponse]
}

function digest(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('base64')
}
