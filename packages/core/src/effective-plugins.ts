import type { Plugin, PluginInstance } from '@sluice/spi'
import { PluginNotInstalledError } from './errors.ts'
import type { Json, JsonObject } from './json.ts'
import { mapPaths, numberOf, objectOf } from './json-fields.ts'
import type { PipelinePlugin } from './pipeline.ts'
import type { RouteTools } from './route-tools.ts'
import { compileVars, type VarsTest } from './vars/index.ts'

/** A plugin of a route before it is built: decrypted, checked, with its defaults. */
export interface PluginPlan {
  readonly plugin: Plugin
  readonly config: JsonObject
  /** `_meta.filter`, a `vars` expression. */
  readonly filter?: Json
}

/**
 * Merges the plugins of a service and a route and puts them in order. A plugin counts as a whole: the route's configuration
 * of it replaces the service's. `_meta.disable` leaves it out, `_meta.priority` moves it.
 *
 * @throws PluginNotInstalledError, and ConfigUnusableError where a configuration does not fit its schema
 */
export function planPlugins(layers: readonly (JsonObject | undefined)[], tools: RouteTools): readonly PluginPlan[] {
  const merged = new Map(layers.flatMap((layer) => Object.entries(layer ?? {})))
  const plans: { readonly plan: PluginPlan; readonly priority: number }[] = []
  for (const [name, value] of merged) {
    const { _meta, ...config } = objectOf(value) ?? {}
    const meta = objectOf(_meta) ?? {}
    if (meta.disable === true) continue
    const plugin = tools.registry.plugins.get(name)
    if (plugin === undefined) throw new PluginNotInstalledError(name)
    plans.push({
      plan: planPlugin(plugin, config, meta.filter, tools),
      priority: numberOf(meta.priority) ?? plugin.priority,
    })
  }
  // The name decides between equal priorities: the order of keys in a document should not.
  plans.sort((a, b) => b.priority - a.priority || (a.plan.plugin.name < b.plan.plugin.name ? -1 : 1))
  return plans.map(({ plan }) => plan)
}

function planPlugin(plugin: Plugin, config: JsonObject, filter: Json | undefined, tools: RouteTools): PluginPlan {
  const decrypted = mapPaths(config, plugin.secrets, tools.decrypt)
  const filled = tools.defaults.plugin(plugin.name, decrypted)
  return { plugin, config: filled, ...(filter === undefined ? {} : { filter }) }
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
