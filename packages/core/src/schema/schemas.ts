import type { JsonObject } from '../json.ts'
import type { Registry } from '../registry.ts'
import type { ResourceType } from '../resources/resource-type.ts'
import { resourceTypes } from '../resources/resource-types.ts'
import { plainSchema } from './plain-schema.ts'
import { createPluginSchema } from './plugin.ts'
import { createUpstreamSchema } from './upstream.ts'

/** The schemas of one plugin. */
export interface PluginSchemas {
  /** Of its configuration, with the `_meta` that every plugin has. */
  readonly config: JsonObject
  /** Of what a consumer or credential holds for it. */
  readonly consumer?: JsonObject
  /** Of its metadata. */
  readonly metadata?: JsonObject
}

/** The JSON Schemas (draft 7) of the resources and plugins of one registry. */
export interface Schemas {
  /** By kind of resource, and then by variant. */
  readonly resources: ReadonlyMap<ResourceType, ReadonlyMap<string, JsonObject>>
  /** By the plugin's name. */
  readonly plugins: ReadonlyMap<string, PluginSchemas>
}

/**
 * Composes the schemas of the resources with those of the registry's schemes and plugins.
 *
 * @throws Error where a scheme has the name of a field of upstreams
 */
export function createSchemas(registry: Registry): Schemas {
  const parts = { registry, upstream: createUpstreamSchema(registry) }
  return {
    resources: new Map(resourceTypes.map((type) => [type, type.schemas(parts)])),
    plugins: new Map(
      Array.from(registry.plugins, ([name, plugin]) => [
        name,
        {
          config: createPluginSchema(plugin),
          ...(plugin.consumer && { consumer: plainSchema(plugin.consumer.config) }),
          ...(plugin.metadata && { metadata: plainSchema(plugin.metadata) }),
        },
      ]),
    ),
  }
}
