import type { Plugin, PluginInstance } from '@sluice/spi'
import { PluginNotInstalledError } from './errors.ts'
import type { Json, JsonObject } from './json.ts'
import { mapPaths, numberOf, objectOf } from './json-fields.ts'
import type { PipelinePlugin } from './pipeline.ts'
import type { RouteTools } from './route-tools.ts'
import { resolveReferences } from './secrets/resolve-reference.ts'
import { compileVars, type VarsTest } from './vars/index.ts'

/** A plugin of a route before it is built: decrypted, references followed, checked, with its defaults. */
export interface PluginPlan {
  readonly plugin: Plugin
  readonly config: JsonObject
  /** `_meta.priority`, else that of the plugin. */
  readonly priority: number
  /** `_meta.filter`, a `vars` expression. */
  readonly filter?: Json
}

/**
 * Merges plugins and puts them in order. A plugin counts as a whole: what a later layer says of it replaces what an earlier
 * one does. `_meta.disable` leaves it out, `_meta.priority` moves it.
 *
 * @param layers of a service, a plugin config and a route, in this order
 * @throws PluginNotInstalledError, and ConfigUnusableError where a configuration does not fit its schema
 */
export function planPlugins(layers: readonly (JsonObject | undefined)[], tools: RouteTools): readonly PluginPlan[] {
  const merged = new Map(layers.flatMap((layer) => Object.entries(layer ?? {})))
  return inOrder(Array.from(merged, ([name, config]) => planOf(name, objectOf(config) ?? {}, tools)))
}

/** By priority, highest first; without those that are switched off. */
export function inOrder(plans: readonly (PluginPlan | undefined)[]): readonly PluginPlan[] {
  // The name decides between equal priorities: the order of keys in a document should not.
  return plans
    .filter((plan) => plan !== undefined)
    .sort((a, b) => b.priority - a.priority || (a.plugin.name < b.plugin.name ? -1 : 1))
}

/** One plugin with its stored configuration; undefined where that switches it off. Throws as {@link planPlugins}. */
export function planOf(name: string, { _meta, ...config }: JsonObject, tools: RouteTools): PluginPlan | undefined {
  const { disable, filter, priority } = objectOf(_meta) ?? {}
  if (disable === true) return undefined
  const plugin = tools.registry.plugins.get(name)
  if (plugin === undefined) throw new PluginNotInstalledError(name)
  const open = resolveReferences(mapPaths(config, plugin.secrets, tools.decrypt), tools.resolve)
  const filled = tools.defaults.plugin(name, open)
  return {
    plugin,
    config: filled,
    priority: numberOf(priority) ?? plugin.priority,
    ...(filter === undefined ? {} : { filter }),
  }
}

/** Builds the instances of planned plugins. */
export function buildPlugins(plans: readonly PluginPlan[]): readonly PipelinePlugin[] {
  return plans.map(({ plugin, config, filter }) => {
    const test = filter === undefined ? undefined : compileFilter(filter)
    const instance = plugin.create(config)
    return { name: plugin.name, instance: test === undefined ? instance : filtered(instance, test) }
  })
}

/** A broken expression counts as true, as in APISIX: the plugin runs. */
function compileFilter(filter: Json): VarsTest | undefined {
  try {
    return compileVars(filter)
  } catch {
    return undefined
  }
}

/** `_meta.filter`: the plugin runs only for requests that it holds for. */
function filtered(instance: PluginInstance, test: VarsTest): PluginInstance {
  return {
    access: (ctx) => (test(ctx.request, ctx.request.params) ? instance.access?.(ctx) : undefined),
    close: () => instance.close?.(),
  }
}
