import type { ConfigEntry } from '../config-store.ts'
import { buildPlugins, planOf } from '../effective-plugins.ts'
import type { JsonObject } from '../json.ts'
import { objectOf } from '../json-fields.ts'
import { comparePriority, type PipelinePlugin } from '../pipeline.ts'
import type { RouteTools } from '../route-tools.ts'

/** The plugins that a consumer or a consumer group brings to the routes that it asks for. */
export interface PluginLayer {
  /** The stored resource. */
  readonly entry: ConfigEntry
  /** By name; undefined for one that is switched off. */
  readonly plugins: ReadonlyMap<string, PipelinePlugin | undefined>
}

/**
 * Builds the plugins of a consumer or a group. What a consumer holds for plugins of authentication is no configuration of
 * theirs, and left out.
 *
 * @throws as {@link planOf}
 */
export function buildLayer(entry: ConfigEntry, tools: RouteTools): PluginLayer {
  const stored = Object.entries(objectOf(entry.value.plugins) ?? {})
  const isConsumer = entry.key.startsWith('/consumers/')
  const own = isConsumer ? stored.filter(([name]) => tools.registry.plugins.get(name)?.consumer === undefined) : stored
  return { entry, plugins: new Map(own.map(([name, config]) => [name, buildOne(name, objectOf(config) ?? {}, tools)])) }
}

function buildOne(name: string, config: JsonObject, tools: RouteTools): PipelinePlugin | undefined {
  const plan = planOf(name, config, tools)
  return plan && buildPlugins([plan])[0]
}

/** The plugins of a route with those of layers in their place or among them; what a later layer says of one counts. */
export function mergeLayers(
  plugins: readonly PipelinePlugin[],
  layers: readonly PluginLayer[],
): readonly PipelinePlugin[] {
  if (layers.every((layer) => layer.plugins.size === 0)) return plugins
  const merged = new Map<string, PipelinePlugin | undefined>(plugins.map((plugin) => [plugin.name, plugin]))
  for (const layer of layers) for (const [name, plugin] of layer.plugins) merged.set(name, plugin)
  return [...merged.values()]
    .filter((plugin) => plugin !== undefined)
    .sort((a, b) => comparePriority(a.priority, a.name, b.priority, b.name))
}
