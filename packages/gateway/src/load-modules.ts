import { createRegistry, type Registry } from '@sluice/core'
import { isPlugin, isScheme, type Plugin, type Scheme } from '@sluice/spi'
import { ModuleUnusable } from './errors.ts'

/** Packages whose default export is a scheme or a plugin. */
export interface ModuleNames {
  readonly schemes: readonly string[]
  readonly plugins: readonly string[]
}

/** Imports a module by its name. */
export type ImportModule = (name: string) => Promise<unknown>

const importByName: ImportModule = (name) => import(name)

/**
 * Loads schemes and plugins by the names of their packages.
 *
 * @throws MODULE_UNUSABLE naming the package
 */
export async function loadModules(names: ModuleNames, importModule: ImportModule = importByName): Promise<Registry> {
  const schemes = names.schemes.map((name) => loadDefault<Scheme>('scheme', name, isScheme, importModule))
  const plugins = names.plugins.map((name) => loadDefault<Plugin>('plugin', name, isPlugin, importModule))
  return createRegistry(await Promise.all(schemes), await Promise.all(plugins))
}

async function loadDefault<T>(
  kind: 'scheme' | 'plugin',
  name: string,
  isKind: (value: unknown) => value is T,
  importModule: ImportModule,
): Promise<T> {
  const module = await importModule(name).catch((cause: unknown) => {
    throw new ModuleUnusable(kind, name, cause instanceof Error ? cause.message : String(cause), { cause })
  })
  const value = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined
  if (!isKind(value)) throw new ModuleUnusable(kind, name, `its default export is not a ${kind}; see @sluice/spi`)
  return value
}
