import type { Registry } from '@sluice/core'
import type { LoadedModules } from '../modules/load-modules.ts'

/** Leaves of the plugins that ship those that `plugins` of the configuration names; all where it is absent. */
export function selectPlugins({ added, registry }: LoadedModules, names: readonly string[] | undefined): Registry {
  if (names === undefined) return registry
  const kept = new Set([...names, ...added.map(({ name }) => name)])
  return { schemes: registry.schemes, plugins: new Map([...registry.plugins].filter(([name]) => kept.has(name))) }
}
