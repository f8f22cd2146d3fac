import type { Plugin } from '@sluice/spi'
import { ConfigInvalidError } from '../errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import { objectOf } from '../json-fields.ts'
import type { Registry } from '../registry.ts'
import type { ResourceType } from '../resources/resource-type.ts'
import type { PluginSchemas } from '../schema/schemas.ts'
import { compileVars } from '../vars/index.ts'
import { luaNumber } from './lua-text.ts'
import type { SchemaCheck } from './schema-check.ts'

/** A plugin with the checks of its configuration and of what consumers hold for it. */
interface CheckedPlugin {
  readonly plugin: Plugin
  readonly check: SchemaCheck
  readonly checkConsumer?: SchemaCheck
}

/** The plugins of a registry, ready to be checked. */
export function compilePlugins(
  { plugins }: Registry,
  schemas: ReadonlyMap<string, PluginSchemas>,
  compile: (schema: JsonObject) => SchemaCheck,
): ReadonlyMap<string, CheckedPlugin> {
  return new Map(
    Array.from(plugins, ([name, plugin]) => {
      const { config = {}, consumer } = schemas.get(name) ?? {}
      return [name, { plugin, check: compile(config), ...(consumer && { checkConsumer: compile(consumer) }) }]
    }),
  )
}

/**
 * Checks the plugins of a resource, each against its schema, and that it can be built.
 *
 * @throws ConfigInvalidError with APISIX's text
 */
export function checkPlugins(
  plugins: JsonObject,
  known: ReadonlyMap<string, CheckedPlugin>,
  { plugins: schema, kind }: ResourceType,
): void {
  if (schema === 'route') {
    checkEach(plugins, known, checkConfig)
    return
  }
  try {
    checkEach(plugins, known, (found, config) => {
      if (found.checkConsumer !== undefined) checkForConsumer(found, found.checkConsumer, config)
      else if (kind !== 'credential') checkConfig(found, config)
      else throw new ConfigInvalidError('only supports auth type plugins in consumer credential')
    })
  } catch (cause) {
    throw new ConfigInvalidError(`invalid plugins configuration: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    })
  }
}

function checkEach(
  plugins: JsonObject,
  known: ReadonlyMap<string, CheckedPlugin>,
  check: (found: CheckedPlugin, config: Json) => void,
): void {
  for (const [name, config] of Object.entries(plugins)) {
    const found = known.get(name)
    if (found === undefined) throw new ConfigInvalidError(`unknown plugin [${name}]`)
    if (!isJsonObject(config) && !isEmptyArray(config)) {
      throw new ConfigInvalidError(`invalid plugin conf ${showConfig(config)} for plugin [${name}]`)
    }
    check(found, config)
  }
}

/** What a consumer holds has no injected `_meta`, but one that is there is compiled. */
function checkForConsumer({ plugin }: CheckedPlugin, check: SchemaCheck, config: Json): void {
  const meta = metaOf(plugin, config)
  if (meta.disable === true) return
  const result = check(config)
  if (!result.ok) throw failed(plugin, result.text)
  checkFilter(plugin, meta)
}

function checkConfig({ plugin, check }: CheckedPlugin, config: Json): void {
  const meta = metaOf(plugin, config)
  if (meta.disable === true) return
  const result = check(config)
  if (!result.ok) throw failed(plugin, result.text)
  checkFilter(plugin, meta)
  attempt(plugin, () => buildOnce(plugin, result.filled), '')
}

function metaOf(plugin: Plugin, config: Json): JsonObject {
  const meta = objectOf(objectOf(config)?._meta) ?? {}
  if (meta.pre_function === undefined) return meta
  throw failed(plugin, '_meta.pre_function is code, and code in the configuration is not run: remove it')
}

function checkFilter(plugin: Plugin, { filter = [] }: JsonObject): void {
  attempt(plugin, () => compileVars(filter), "failed to validate the 'vars' expression: ")
}

function isEmptyArray(value: Json): boolean {
  return Array.isArray(value) && value.length === 0
}

/** The value as Lua's `tostring` shows it. */
function showConfig(config: Json): string {
  if (typeof config === 'number') return luaNumber(config)
  if (config === null) return 'userdata: NULL'
  return typeof config === 'object' ? JSON.stringify(config) : String(config)
}

function failed(plugin: Plugin, text: string, cause?: unknown): Error {
  return new ConfigInvalidError(`failed to check the configuration of plugin ${plugin.name} err: ${text}`, { cause })
}

function attempt(plugin: Plugin, act: () => void, prefix: string): void {
  try {
    act()
  } catch (cause) {
    throw failed(plugin, `${prefix}${cause instanceof Error ? cause.message : cause}`, cause)
  }
}

/** What a plugin refuses in `create` should be refused here, not by the route that is served later. */
function buildOnce(plugin: Plugin, filled: Json): void {
  const { _meta, ...config } = objectOf(filled) ?? {}
  const closed = plugin.create(config).close?.()
  // The configuration stands; what its trial instance fails to free is for the plugin's own tests.
  closed?.catch(() => {})
}
