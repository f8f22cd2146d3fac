import type { ConfigEntry } from './config-store.ts'
import { buildPlugins, inOrder, type PluginPlan, planOf } from './effective-plugins.ts'
import { GlobalRulePluginTwiceError, PluginNotInstalledError } from './errors.ts'
import { canonicalJson, objectOf } from './json-fields.ts'
import type { PipelinePlugin } from './pipeline.ts'
import type { RouteTools } from './route-tools.ts'

/** The plugins of all global rules, ready to run in front of those of each route. */
export interface GlobalRules {
  /** By priority, highest first. */
  readonly plugins: readonly PipelinePlugin[]
  /** What each was built from, by its name. */
  readonly built: ReadonlyMap<string, BuiltPlugin>
}

interface BuiltPlugin {
  readonly plan: PluginPlan
  readonly digest: string
  readonly pipeline: PipelinePlugin
}

export const noGlobalRules: GlobalRules = { plugins: [], built: new Map() }

/**
 * Builds the plugins of global rules. One that cannot be built is reported; its last good version runs on, if there is one.
 * One that stands in two rules runs in neither, as in APISIX.
 *
 * @param previous the rules before the change, whose instances are kept where their configuration is the same
 */
export function buildGlobalRules(
  rules: Iterable<readonly [id: string, rule: ConfigEntry]>,
  tools: RouteTools,
  previous: GlobalRules,
): GlobalRules {
  const entries = Array.from(rules, ([, rule]) => rule)
  const names = entries.flatMap(({ value }) => Object.keys(objectOf(value.plugins) ?? {}))
  const twice = new Set(names.filter((name, index) => names.indexOf(name) < index))
  const built = new Map<string, BuiltPlugin>()
  for (const { key, value } of entries) {
    for (const [name, config] of Object.entries(objectOf(value.plugins) ?? {})) {
      try {
        if (twice.has(name)) throw new GlobalRulePluginTwiceError(name)
        const plan = planOf(name, objectOf(config) ?? {}, tools)
        if (plan !== undefined) built.set(name, buildOne(plan, previous.built.get(name)))
      } catch (cause) {
        tools.onProblem(key, cause instanceof Error ? cause : new Error(String(cause)))
        const last = previous.built.get(name)
        const isGone = twice.has(name) || cause instanceof PluginNotInstalledError
        if (last !== undefined && !isGone) built.set(name, last)
      }
    }
  }
  const ordered = inOrder([...built.values()].map(({ plan }) => plan))
  const plugins = ordered.flatMap(({ plugin }) => built.get(plugin.name)?.pipeline ?? [])
  return { plugins, built }
}

function buildOne(plan: PluginPlan, last: BuiltPlugin | undefined): BuiltPlugin {
  const { config, errorResponse, filter, priority } = plan
  const digest = canonicalJson([config, filter, priority, errorResponse])
  if (last?.digest === digest) return last
  const [pipeline] = buildPlugins([plan])
  if (pipeline === undefined) throw new RangeError('a plan makes a plugin')
  return { plan, digest, pipeline }
}
