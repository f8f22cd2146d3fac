import { type ResourceType, resourceTypes } from '@sluice/core'
import { RequestInvalidError, ResourceTypeUnknownError } from '../errors.ts'
import type { Endpoint } from './endpoint.ts'

/**
 * GET `/schema/<kind>`: the JSON Schema of a kind of resource.
 *
 * @throws RequestInvalidError
 */
export const showSchema: Endpoint = ({ validator }, { path }) => {
  const kind = path.join('/')
  const type = resourceTypes.find((candidate) => candidate.kind === kind && hasOneSchema(candidate))
  const schema = type && validator.schemas.resources.get(type)?.get(kind)
  if (schema === undefined) throw new RequestInvalidError(`not found schema: ${kind}`)
  return { status: 200, body: schema }
}

/**
 * POST `/schema/validate/<resources>`: whether a value fits the schema; plugins and references are not looked at.
 *
 * @throws ResourceTypeUnknownError, RequestInvalidError, ConfigInvalidError
 */
export const validateSchema: Endpoint = ({ validator }, { path: [, name = ''], body }) => {
  const type = resourceTypes.find((candidate) => candidate.name === name)
  if (type === undefined) throw new ResourceTypeUnknownError(name)
  if (!hasOneSchema(type)) throw new RequestInvalidError(`not found schema: ${type.kind}`)
  if (body === undefined) throw new RequestInvalidError('wrong type: expected object, got nil')
  validator.checkSchema(type, body)
  return { status: 200, body: '' }
}

/** Secret managers and plugins have a schema each. */
function hasOneSchema({ hasVariants, identity }: ResourceType): boolean {
  return hasVariants !== true && identity !== 'name'
}
