import { type TSchema, Type } from 'typebox'
import { Check } from 'typebox/value'
import { type Config, ConfigSchema } from './schema.ts'
import { schemaNotes } from './schema-node.ts'

/**
 * The checked value with defaults in place of what was refused, so that the rest can be checked further: the smallest
 * section, list or value that does not fit the schema.
 *
 * @param checked what `checkConfig` made of a file; comes back as it is where it fits
 */
export function usableConfig(checked: unknown): Config {
  const usable = usableValue(ConfigSchema, checked)
  if (!Check(ConfigSchema, usable)) throw new Error('a key of the schema of the configuration has no default')
  return usable
}

function usableValue(schema: TSchema, value: unknown): unknown {
  if (value !== undefined && Check(schema, value)) return value
  if (!Type.IsObject(schema)) return schemaNotes(schema).default
  const given = new Map<string, unknown>(typeof value === 'object' && value !== null ? Object.entries(value) : [])
  const entries = Object.entries(schema.properties).map(([key, property]) => [
    key,
    usableValue(property, given.get(key)),
  ])
  return Object.fromEntries(entries.filter(([, usable]) => usable !== undefined))
}
