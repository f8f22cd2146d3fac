import { createRegistry, type Registry } from '@sluice/core'
import { isPlugin, isScheme, type Plugin, type Scheme, spiMismatch } from '@sluice/spi'
import { ModulesUnusable, ModuleUnusable } from '../errors.ts'
import { schemaFault } from './check-schema.ts'
import { type ImportFrom, importFrom } from './import-from.ts'
import type { ModuleSource } from './module-source.ts'
import { takenBy } from './taken-by.ts'

/** A package of the configuration that is in use. */
export interface AddedPackage {
  readonly name: string
  readonly kind: 'scheme' | 'plugin'
  readonly package: string
  /** Its folder. */
  readonly root: string
}

/** What came of loading modules. */
export interface LoadedModules {
  readonly registry: Registry
  /** Those that the configuration adds. */
  readonly added: readonly AddedPackage[]
  /** Why optional ones are missing. */
  readonly missing: readonly Error[]
}

/** How modules are loaded. */
export interface LoadOptions {
  readonly importFrom?: ImportFrom
  /** How long a module may take to load, in milliseconds; 30,000 by default. */
  readonly timeoutMs?: number
  /** Whether the schemas of what ships are looked at too, which takes a few hundred milliseconds each; false by default. */
  readonly checkAll?: boolean
}

/**
 * Loads schemes and plugins one after the other, so that of two that take one name, priority or field number the later one is at fault.
 *
 * @throws MODULE_UNUSABLE naming the package, or MODULES_UNUSABLE with all that cannot be used
 */
export async function loadModules(sources: readonly ModuleSource[], options: LoadOptions = {}): Promise<LoadedModules> {
  const schemes: Scheme[] = []
  const plugins: Plugin[] = []
  const added: AddedPackage[] = []
  const faults: Error[] = []
  const missing: Error[] = []
  for (const source of sources) {
    try {
      const { value, root } = await loadDefault(source, options)
      const registry = createRegistry(schemes, plugins)
      const fault = spiMismatch(value.spi) ?? misnamed(source, value.name) ?? takenBy(source, value, registry)
      const isTrusted = source.added === undefined && options.checkAll !== true
      const problem = fault ?? (isTrusted ? undefined : schemaFault(value))
      if (problem !== undefined) throw new ModuleUnusable(source.kind, source.package, problem)
      if (value.kind === 'scheme') schemes.push(value)
      else plugins.push(value)
      if (source.added !== undefined) added.push({ name: value.name, kind: value.kind, package: source.package, root })
    } catch (error) {
      const fault = error instanceof Error ? error : new Error(String(error))
      if (source.added?.optional === true) missing.push(fault)
      else faults.push(fault)
    }
  }
  const [first, ...others] = faults
  if (others.length > 0) throw new ModulesUnusable(faults.map(({ message }) => message).join('\n'))
  if (first !== undefined) throw first
  return { registry: createRegistry(schemes, plugins), added, missing }
}

/** @throws MODULE_UNUSABLE */
async function loadDefault({ added, kind, package: name }: ModuleSource, options: LoadOptions) {
  const { importFrom: importModule = importFrom, timeoutMs = 30_000 } = options
  const loading = importModule(name, added?.folder ?? import.meta.dirname)
  const { module, root } = await within(loading, timeoutMs).catch((cause: unknown) => {
    throw new ModuleUnusable(kind, name, cause instanceof Error ? cause.message : String(cause), { cause })
  })
  const value = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined
  if (kind === 'scheme' && isScheme(value)) return { value, root }
  if (kind === 'plugin' && isPlugin(value)) return { value, root }
  throw new ModuleUnusable(kind, name, `its default export is not a ${kind}; see @sluice/spi`)
}

/** A module that waits for something as it loads could keep the gateway from starting, without a word. */
async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`it did not load within ${ms} ms`)), ms)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

function misnamed({ added, kind }: ModuleSource, name: string): string | undefined {
  if (added === undefined || added.name === name) return undefined
  return `it is the ${kind} ${name}, and the configuration calls it ${added.name}: write ${name} there`
}
