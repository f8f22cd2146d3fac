import type { Registry } from '@sluice/core'
import { nearest } from '../nearest.ts'

/**
 * Leaves the plugins that `plugins` of the configuration names; all of them where it is absent.
 *
 * @param invalid makes the error for a key of the configuration
 */
export function selectPlugins(
  registry: Registry,
  names: readonly string[] | undefined,
  invalid: (path: string, text: string) => Error,
): Registry {
  if (names === undefined) return registry
  const plugins = names.map((name, index) => {
    const plugin = registry.plugins.get(name)
    if (plugin !== undefined) return [name, plugin] as const
    const installed = [...registry.plugins.keys()]
    const suggestion = nearest(name, installed)
    const remedy =
      suggestion === undefined ? `remove it; there is ${installed.join(', ')}` : `did you mean ${suggestion}?`
    throw invalid(`plugins[${index}]`, `no plugin ${name} is installed; ${remedy}`)
  })
  return { schemes: registry.schemes, plugins: new Map(plugins) }
}
