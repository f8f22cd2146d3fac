import type { JsonObject } from '@sluice/core'
import type { Plugin } from '@sluice/spi'
import { PluginNotFoundError, RequestInvalidError } from '../errors.ts'
import type { Endpoint, EndpointTools } from './endpoint.ts'

/**
 * GET `/plugins/list[?subsystem=]`: names by priority, highest first. There are none for streams.
 *
 * @throws RequestInvalidError
 */
export const listPlugins: Endpoint = ({ registry }, { query }) => {
  const subsystem = query.get('subsystem') ?? 'http'
  if (!isSubsystem(subsystem)) throw new RequestInvalidError('invalid subsystem passed')
  const plugins = subsystem === 'http' ? [...registry.plugins.values()] : []
  return { status: 200, body: plugins.toSorted(byPriority).map(({ name }) => name) }
}

/**
 * GET `/plugins/<name>[?subsystem=][&schema_type=consumer|metadata]`: a schema of a plugin.
 *
 * @throws PluginNotFoundError, RequestInvalidError
 */
export const showPlugin: Endpoint = ({ registry, validator }, { path, query }) => {
  const name = path.join('/')
  if (name === '') throw new RequestInvalidError('not found plugin name')
  const subsystem = subsystemOf(query)
  const schemas = subsystem === 'http' && registry.plugins.has(name) ? validator.schemas.plugins.get(name) : undefined
  if (schemas === undefined) throw new PluginNotFoundError(subsystem)
  const type = query.get('schema_type')
  const schema = type === 'consumer' || type === 'metadata' ? schemas[type] : schemas.config
  if (schema === undefined) throw new RequestInvalidError('not found schema')
  return { status: 200, body: schema }
}

/**
 * GET `/plugins?all=true[&subsystem=]`: everything about every plugin.
 *
 * @throws RequestInvalidError
 */
export const showPlugins: Endpoint = (tools, { query }) => {
  if (query.get('all') !== 'true') throw new RequestInvalidError('not found plugin name')
  const plugins = subsystemOf(query) === 'http' ? [...tools.registry.plugins.values()] : []
  return { status: 200, body: Object.fromEntries(plugins.map((plugin) => [plugin.name, describe(tools, plugin)])) }
}

/** PUT `/plugins/reload`: plugins are loaded at the start, so that those there are stay. */
export const reloadPlugins: Endpoint = () => ({ status: 200, body: 'done' })

function subsystemOf(query: URLSearchParams): string {
  const subsystem = query.get('subsystem') ?? 'http'
  if (!isSubsystem(subsystem)) throw new RequestInvalidError(`unsupported subsystem: ${subsystem}`)
  return subsystem
}

function isSubsystem(text: string): boolean {
  return text === 'http' || text === 'stream'
}

function byPriority(a: Plugin, b: Plugin): number {
  return b.priority - a.priority || (a.name < b.name ? -1 : 1)
}

function describe({ validator }: EndpointTools, { name, priority, version }: Plugin): JsonObject {
  const { config = {}, consumer, metadata } = validator.schemas.plugins.get(name) ?? {}
  return {
    priority,
    version,
    schema: config,
    ...(consumer && { consumer_schema: consumer, type: 'auth' }),
    ...(metadata && { metadata_schema: metadata }),
  }
}
