import { isJsonObject, type Json, type JsonObject } from '@sluice/core'
import { RequestInvalidError } from './errors.ts'

/** Merges objects deeply; arrays are replaced, null removes a field. */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map(Object.entries(target))
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) merged.delete(name)
    else merged.set(name, mergeField(merged.get(name), change))
  }
  return Object.fromEntries(merged)
}

/** An object merged into nothing still loses its nulls. */
function mergeField(before: Json | undefined, change: Json): Json {
  return isJsonObject(change) ? mergePatch(isJsonObject(before) ? before : {}, change) : change
}

/**
 * Replaces what a sub-path leads to; missing parents are created.
 *
 * @param path names, e.g. `['upstream', 'nodes']`, not empty
 * @throws RequestInvalidError where the path leads through something that is no object
 */
export function replaceAt(target: JsonObject, path: readonly string[], replacement: Json): JsonObject {
  return replaceIn(target, path, 0, replacement)
}

function replaceIn(target: JsonObject, path: readonly string[], at: number, replacement: Json): JsonObject {
  const name = path[at] ?? ''
  if (at === path.length - 1) return { ...target, [name]: replacement }
  const child = Object.hasOwn(target, name) ? target[name] : {}
  const parent = Array.isArray(child) && child.length === 0 ? {} : child
  if (!isJsonObject(parent)) throw new RequestInvalidError(`invalid sub-path: /${path.slice(0, at + 1).join('/')}`)
  return { ...target, [name]: replaceIn(parent, path, at + 1, replacement) }
}
