import { resourceTypes } from '@sluice/core'
import { NotFoundError, ReloadMethodError } from '../errors.ts'
import type { Target } from '../target.ts'
import type { EndpointDefinition, EndpointTools } from './endpoint.ts'
import { endpoints } from './endpoints.ts'

/**
 * The endpoint that a request is for; undefined where it is for a resource, or for nothing.
 *
 * @throws NotFoundError, ReloadMethodError
 */
export function findEndpoint(
  { segments }: Target,
  method: string,
  tools: EndpointTools,
): EndpointDefinition | undefined {
  const [name, first] = segments
  if (name === 'plugins' && first === 'reload' && segments.length === 2 && method !== 'PUT') {
    throw new ReloadMethodError(method)
  }
  const found = endpoints.find(
    (endpoint) => endpoint.method === method && fits(endpoint.path, segments) && (endpoint.isThere?.(tools) ?? true),
  )
  if (found === undefined && isModule(name)) throw new NotFoundError()
  return found
}

/** Whether nothing but endpoints begins with the segment; of `configs` APISIX says that it is no resource. */
function isModule(name = ''): boolean {
  const isResource = resourceTypes.some((type) => type.name === name)
  return name !== 'configs' && !isResource && endpoints.some(({ path }) => path.split('/')[1] === name)
}

function fits(path: string, segments: readonly string[]): boolean {
  const expected = path.split('/').slice(1)
  return (
    expected.length === segments.length && expected.every((each, i) => each.startsWith('{') || each === segments[i])
  )
}
