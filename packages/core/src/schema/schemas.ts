import type { JsonObject } from '../json.ts'
import type { Registry } from '../registry.ts'
import { createPluginSchema } from './plugin.ts'
import { createRouteSchema } from './route.ts'
import { createServiceSchema } from './service.ts'
import { createUpstreamSchema } from './upstream.ts'

/** A kind of resource, as error texts name it. */
export type ResourceKind = 'route' | 'service' | 'upstream'

/** The JSON Schemas (draft 7) of the resources and plugins of one registry. */
interface Schemas extends Readonly<Record<ResourceKind, JsonObject>> {
  /** By the plugin's name. */
  readonly plugins: ReadonlyMap<string, JsonObject>
}

/**
 * Composes the schemas of the resources with those of the registry's schemes and plugins.
 *
 * @throws Error where a scheme has the name of a field of upstreams
 */
export function createSchemas(registry: Registry): Schemas {
  const upstream = createUpstreamSchema(registry)
  return {
    route: createRouteSchema(upstream),
    service: createServiceSchema(upstream),
    upstream,
    plugins: new Map(Array.from(registry.plugins, ([name, plugin]) => [name, createPluginSchema(plugin)])),
  }
}
