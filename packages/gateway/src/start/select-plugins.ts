import type { Registry } from '@sluice/core'

/** Leaves the plugins that `plugins` of the configuration names, all of which are installed; all where it is absent. */
export function selectPlugins(registry: Registry, names: readonly string[] | undefined): Registry {
  if (names === undefined) return registry
  const plugins = Array.from(registry.plugins).filter(([name]) => names.includes(name))
  return { schemes: registry.schemes, plugins: new Map(plugins) }
}
