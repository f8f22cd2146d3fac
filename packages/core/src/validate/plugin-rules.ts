import type { Plugin } from '@sluice/spi'
import { ConfigInvalidError } from '../errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import { objectOf } from '../json-fields.ts'
import { compileVars } from '../vars/index.ts'
import { luaNumber } from './lua-text.ts'
import type { SchemaCheck } from './schema-check.ts'

/** A plugin with the check of its configuration. */
interface CheckedPlugin {
  readonly plugin: Plugin
  readonly check: SchemaCheck
}

/**
 * Checks the plugins of a resource, each against its schema, and that it can be built.
 *
 * @throws ConfigInvalidError with APISIX's text
 */
export function checkPlugins(plugins: JsonObject, known: ReadonlyMap<string, CheckedPlugin>): void {
  for (const [name, config] of Object.entries(plugins)) {
    const found = known.get(name)
    if (found === undefined) throw new ConfigInvalidError(`unknown plugin [${name}]`)
    checkPlugin(found, config)
  }
}

function checkPlugin({ plugin, check }: CheckedPlugin, config: Json): void {
  if (!isJsonObject(config) && !isEmptyArray(config)) {
    throw new ConfigInvalidError(`invalid plugin conf ${showConfig(config)} for plugin [${plugin.name}]`)
  }
  const meta = objectOf(objectOf(config)?._meta) ?? {}
  if (meta.pre_function !== undefined) {
    throw failed(plugin, '_meta.pre_function is code, and code in the configuration is not run: remove it')
  }
  if (meta.disable === true) return
  const result = check(config)
  if (!result.ok) throw failed(plugin, result.text)
  attempt(plugin, () => compileVars(meta.filter ?? []), "failed to validate the 'vars' expression: ")
  attempt(plugin, () => buildOnce(plugin, result.filled), '')
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
