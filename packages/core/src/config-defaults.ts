import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { TObject } from 'typebox'
import { ConfigUnusableError } from './errors.ts'
import type { JsonObject } from './json.ts'
import type { Registry } from './registry.ts'

/** Checks stored configuration once more and fills in the defaults that the store does not keep. */
export interface ConfigDefaults {
  /** @throws ConfigUnusableError where the configuration does not fit the plugin's schema */
  plugin(name: string, config: JsonObject): JsonObject
  /** What a consumer holds for a plugin. @throws ConfigUnusableError where it does not fit the plugin's schema for it */
  consumer(name: string, config: JsonObject): JsonObject
  /** @throws ConfigUnusableError where the options do not fit the scheme's schema */
  scheme(name: string, options: JsonObject): JsonObject
}

/** Compiles the schemas of all schemes and plugins; takes about 10 ms for each, so once for a registry. */
export function createConfigDefaults(registry: Registry): ConfigDefaults {
  const ajv = new Ajv({ useDefaults: true, strict: false })
  addFormats.default(ajv)
  const compile = (schema: TObject) => ajv.compile<JsonObject>(schema)
  const plugins = new Map(Array.from(registry.plugins, ([name, plugin]) => [name, compile(plugin.config)]))
  const consumers = new Map(
    Array.from(registry.plugins, ([name, { consumer }]) => [name, consumer && compile(consumer.config)]),
  )
  const schemes = new Map(Array.from(registry.schemes, ([name, scheme]) => [name, compile(scheme.options)]))
  return {
    plugin: (name, config) => fill(`the configuration of plugin ${name}`, plugins.get(name), config),
    consumer: (name, config) => fill(`what the consumer holds for plugin ${name}`, consumers.get(name), config),
    scheme: (name, options) => fill(`upstream.${name}`, schemes.get(name), options),
  }
}

function fill(what: string, validate: ValidateFunction<JsonObject> | undefined, value: JsonObject): JsonObject {
  if (validate === undefined) return value
  const copy: unknown = structuredClone(value)
  if (validate(copy)) return copy
  const [fault] = validate.errors ?? []
  // Only where and which rule: the value at fault may be a secret.
  throw new ConfigUnusableError(what, `${fault?.instancePath.slice(1).replaceAll('/', '.') || 'it'} ${fault?.message}`)
}
