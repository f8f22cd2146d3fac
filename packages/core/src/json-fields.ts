import { isJsonObject, type Json, type JsonObject } from './json.ts'

/** The value where it is an object. */
export function objectOf(value: Json | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined
}

/** The value where it is a string. */
export function stringOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The value where it is a number. */
export function numberOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** The strings of a list, or a single string as a list; undefined where the field is neither. */
export function stringsOf(value: Json | undefined): readonly string[] | undefined {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined
}

/** The id that a field such as `service_id` refers to; ids are written as strings or as numbers and compared as strings. */
export function idOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

/** JSON whose text is the same for equal values: keys of objects are in order. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** Gives the new text of a field; `location` is its dotted path, with the places in lists, e.g. `headers.0.value`. */
export type FieldChange = (text: string, location: string) => string

/**
 * A copy of the value with the strings at the dotted paths replaced, e.g. `sasl.password`. A path goes through every item of
 * a list, and at its end names a string, a list of strings or an object of strings; what is absent is left out.
 */
export function mapPaths(value: JsonObject, paths: readonly string[], change: FieldChange): JsonObject {
  return paths.reduce((result, path) => mapFields(result, path.split('.'), [], change), value)
}

type Path = readonly string[]

function mapPath(value: Json, path: Path, location: Path, change: FieldChange): Json {
  if (Array.isArray(value)) return value.map((item, i) => mapPath(item, path, [...location, String(i)], change))
  if (isJsonObject(value)) {
    return path.length === 0 ? mapValues(value, location, change) : mapFields(value, path, location, change)
  }
  return typeof value === 'string' && path.length === 0 ? change(value, location.join('.')) : value
}

function mapFields(value: JsonObject, path: Path, location: Path, change: FieldChange): JsonObject {
  const [name = '', ...rest] = path
  const field = Object.hasOwn(value, name) ? value[name] : undefined
  return field === undefined ? value : { ...value, [name]: mapPath(field, rest, [...location, name], change) }
}

function mapValues(value: JsonObject, location: Path, change: FieldChange): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      typeof item === 'string' ? change(item, [...location, name].join('.')) : item,
    ]),
  )
}

/** A copy of an object with every text in it changed, at any depth; the names of fields stay. */
export function mapTexts(object: JsonObject, change: (text: string) => string): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, mapTextsIn(value, change)]))
}

function mapTextsIn(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item: Json) => mapTextsIn(item, change))
  return mapTexts(objectOf(value) ?? {}, change)
}
