import type { Plugin } from '@sluice/spi'
import { PluginNotInstalledError } from './errors.ts'
import type { Json, JsonObject } from './json.ts'
import { mapPaths, numberOf, objectOf } from './json-fields.ts'
import { comparePriority, type PipelinePlugin } from './pipeline.ts'
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
  /** `_meta.error_response`, what is answered where the plugin refuses a request. */
  readonly errorResponse?: Json
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
  return plans
    .filter((plan) => plan !== undefined)
    .sort((a, b) => comparePriority(a.priority, a.plugin.name, b.priority, b.plugin.name))
}

/** One plugin with its stored configuration; undefined where that switches it off. Throws as {@link planPlugins}. */
export function planOf(name: string, { _meta, ...config }: JsonObject, tools: RouteTools): PluginPlan | undefined {
  const { disable, error_response: errorResponse, filter, priority } = objectOf(_meta) ?? {}
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
    ...(errorResponse === undefined ? {} : { errorResponse }),
  }
}

/** Builds the instances of planned plugins. */
export function buildPlugins(plans: readonly PluginPlan[]): readonly PipelinePlugin[] {
  return plans.map(({ plugin, config, priority, filter, errorResponse }) => {
    const test = filter === undefined ? undefined : compileFilter(filter)
    return {
      name: plugin.name,
      priority,
      instance: plugin.create(config),
      ...(test === undefined ? {} : { applies: (request) => test(request, request.params) }),
      ...(errorResponse === undefined ? {} : { errorResponse }),
    }
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
