import { createRouteTable, createValidator, type Registry } from '@sluice/core'
import { ModuleUnusable } from '../errors.ts'

/**
 * Compiles the schemas of all schemes and plugins, as a start does.
 *
 * @throws MODULE_UNUSABLE naming the scheme or plugin whose schema is no JSON Schema
 */
export function checkSchemas(registry: Registry): void {
  const fault = compileFault(registry)
  if (fault === undefined) return
  // The fault does not tell whose schema it is, so each is tried alone.
  for (const [name, scheme] of registry.schemes) {
    refuse('scheme', name, compileFault({ schemes: new Map([[name, scheme]]), plugins: new Map() }))
  }
  for (const [name, plugin] of registry.plugins) {
    refuse('plugin', name, compileFault({ schemes: new Map(), plugins: new Map([[name, plugin]]) }))
  }
  throw fault
}

function compileFault(registry: Registry): Error | undefined {
  try {
    createValidator(registry)
    createRouteTable({ registry, decrypt: (text) => text, onProblem: () => {} })
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function refuse(kind: 'scheme' | 'plugin', name: string, fault: Error | undefined): void {
  if (fault === undefined) return
  throw new ModuleUnusable(kind, name, `its schema cannot be used: ${fault.message}`, { cause: fault })
}
