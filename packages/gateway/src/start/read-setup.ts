import type { Registry } from '@sluice/core'
import type { Environment } from '../config/environment.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { type LoadedModules, type LoadOptions, loadModules } from '../modules/load-modules.ts'
import type { ModuleSource } from '../modules/module-source.ts'
import { standardModules } from '../standard.ts'
import { selectPlugins } from './select-plugins.ts'

/** The configuration file with the schemes and plugins that it asks for. */
export interface Setup extends LoadedConfig, Pick<LoadedModules, 'added' | 'missing'> {
  readonly modules: readonly ModuleSource[]
  readonly registry: Registry
}

/**
 * Reads the configuration file, and loads what ships and what the file adds.
 *
 * @throws CONFIG_UNREADABLE, CONFIG_INVALID, MODULE_UNUSABLE, MODULES_UNUSABLE
 */
export async function readSetup(
  file: string | undefined,
  environment: Environment,
  options: LoadOptions = {},
): Promise<Setup> {
  const standard = await loadModules(standardModules, options)
  const config = await loadConfig(file, { environment, installedPlugins: [...standard.registry.plugins.keys()] })
  const modules = [...standardModules, ...config.settings.packages]
  // What ships is imported already: this costs nothing where the file adds nothing.
  const loaded = await loadModules(modules, options)
  const registry = selectPlugins(loaded, config.settings.plugins)
  return { ...config, modules, registry, added: loaded.added, missing: loaded.missing }
}
