import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type ErrorDefinition, isErrorDefinition } from '../../packages/spi/src/index.ts'
import { root } from './markdown.ts'

/** Every error of the catalogue, sorted by code. */
export async function readCatalogue(): Promise<ErrorDefinition[]> {
  const found = new Map<string, ErrorDefinition>()
  for (const file of globSync('packages/*/src/**/errors.ts', { cwd: root }).sort()) {
    const path = join(root, file)
    if (!readFileSync(path, 'utf8').includes('defineError(')) continue
    const exports: Record<string, unknown> = await import(pathToFileURL(path).href)
    for (const definition of Object.values(exports).flatMap(definitionsIn)) {
      const { code, place, template } = definition
      // Two errors of one code differ at most in their text; each is a row of its own.
      found.set(JSON.stringify([code, place, template]), definition)
    }
  }
  return [...found.values()].sort((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0))
}

function definitionsIn(value: unknown): ErrorDefinition[] {
  if (isErrorDefinition(value)) return [value]
  if (value instanceof Map) return [...value.values()].filter(isErrorDefinition)
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).filter(isErrorDefinition)
}
