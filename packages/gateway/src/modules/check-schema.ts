import { createRegistry, createRouteTable, createValidator } from '@sluice/core'
import type { Plugin, Scheme } from '@sluice/spi'

/** Why the schemas of a scheme or plugin cannot be compiled; undefined where they can. */
export function schemaFault(value: Scheme | Plugin): string | undefined {
  const registry = value.kind === 'scheme' ? createRegistry([value], []) : createRegistry([], [value])
  try {
    createValidator(registry)
    createRouteTable({ registry, decrypt: (text) => text, onProblem: () => {} })
    return undefined
  } catch (error) {
    return `its schema cannot be used: ${error instanceof Error ? error.message : String(error)}`
  }
}
