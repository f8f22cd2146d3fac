import type { Plugin, Scheme } from '@sluice/spi'

/** The schemes and plugins this gateway has, by name. */
export interface Registry {
  readonly schemes: ReadonlyMap<string, Scheme>
  readonly plugins: ReadonlyMap<string, Plugin>
}

/**
 * Makes a registry.
 *
 * @throws Error where two schemes or two plugins share a name
 */
export function createRegistry(schemes: readonly Scheme[], plugins: readonly Plugin[]): Registry {
  return { schemes: byName('scheme', schemes), plugins: byName('plugin', plugins) }
}

function byName<T extends { readonly name: string }>(kind: string, items: readonly T[]): ReadonlyMap<string, T> {
  const map = new Map<string, T>()
  for (const item of items) {
    if (map.has(item.name)) throw new Error(`two ${kind}s are named ${item.name}: leave one of them out`)
    map.set(item.name, item)
  }
  return map
}
