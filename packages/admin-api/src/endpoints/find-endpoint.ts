import { NotFoundError, ReloadMethodError } from '../errors.ts'
import type { Target } from '../target.ts'
import { validateConfigs } from './configs.ts'
import type { Endpoint } from './endpoint.ts'
import { listPlugins, reloadPlugins, showPlugin, showPlugins } from './plugins.ts'
import { showSchema, validateSchema } from './schema.ts'

/**
 * The endpoint that a request is for; undefined where it is for a resource, or for nothing.
 *
 * @throws NotFoundError, ReloadMethodError
 */
export function findEndpoint({ segments: [name, first, ...rest] }: Target, method: string): Endpoint | undefined {
  switch (name) {
    case 'schema':
      return schemaEndpoint(first, rest, method)
    case 'plugins':
      return pluginsEndpoint(first, rest, method)
    case 'configs':
      return method === 'POST' && first === 'validate' && rest.length === 0 ? validateConfigs : undefined
    default:
      return undefined
  }
}

function schemaEndpoint(first: string | undefined, rest: readonly string[], method: string): Endpoint {
  if (method === 'POST' && first === 'validate' && rest.length === 1) return validateSchema
  if (method !== 'GET') throw new NotFoundError()
  if (first === 'plugins') return (tools, call) => showPlugin(tools, { ...call, path: call.path.slice(1) })
  return showSchema
}

function pluginsEndpoint(first: string | undefined, rest: readonly string[], method: string): Endpoint {
  if (first === 'reload' && rest.length === 0) {
    if (method !== 'PUT') throw new ReloadMethodError(method)
    return reloadPlugins
  }
  if (method !== 'GET' || rest.length > 0) throw new NotFoundError()
  if (first === 'list') return listPlugins
  return first === undefined ? showPlugins : showPlugin
}
