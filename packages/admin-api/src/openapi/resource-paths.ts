import { isJsonObject, type JsonObject, type ResourceType, resourceTypes, type Validator } from '@sluice/core'
import { operationsOf, type ResourceOperation, type Shape } from '../operations.ts'
import { answerRefs, deletedAnswer, entryOf, etag, jsonAnswer, listOf, writtenOf } from './answers.ts'
import { answeredName, schemaRef, writtenName } from './component-schemas.ts'
import { examples } from './examples.ts'
import { parameterRef, pathParameter } from './parameters.ts'

type Schemas = Validator['schemas']

/** One operation of the document: where it stands, and what it is. */
export interface DocumentedOperation {
  readonly path: string
  readonly method: string
  readonly operation: JsonObject
}

/** The operations of all kinds of resources. */
export function resourceOperations(schemas: Schemas): readonly DocumentedOperation[] {
  return resourceTypes.flatMap((type) => [
    ...operationsOf(type).map((operation) => documented(schemas, type, operation)),
    ...(type.hasVariants ? [listOfAllVariants(type)] : []),
  ])
}

function documented(schemas: Schemas, type: ResourceType, { method, shape }: ResourceOperation): DocumentedOperation {
  const { name, verb, summary } = wordsOf(type, method, shape)
  return {
    path: pathOf(type, shape),
    method,
    operation: {
      operationId: `${verb}${name}`,
      summary,
      tags: [type.name],
      parameters: [...pathParameters(schemas, type, shape), ...argumentsOf(schemas, type, method, shape)],
      ...bodyOf(type, method, shape),
      responses: answersOf(type, method, shape),
    },
  }
}

/** The resources of all variants in one list. */
function listOfAllVariants(type: ResourceType): DocumentedOperation {
  return {
    path: `/${type.name}`,
    method: 'GET',
    operation: {
      operationId: `list${camel(type.name)}`,
      summary: `Lists every ${type.title}.`,
      tags: [type.name],
      parameters: listArguments.map(parameterRef),
      responses: answersOf(type, 'GET', 'collection'),
    },
  }
}

const camel = (words: string): string => words.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())

interface Words {
  readonly verb: string
  /** What follows the verb in the id of the operation. */
  readonly name: string
  readonly summary: string
}

function wordsOf({ kind, name: plural, title, hasVariants }: ResourceType, method: string, shape: Shape): Words {
  const name = camel(kind)
  switch (`${method} ${shape}`) {
    case 'GET collection':
      return { verb: 'list', name: `${camel(plural)}${hasVariants ? 'OfManager' : ''}`, summary: `Lists ${title}s.` }
    case 'POST collection':
      return { verb: 'post', name, summary: `Creates a ${title} with an id of the gateway's own.` }
    case 'PUT collection':
      return { verb: 'put', name: `${name}ByBody`, summary: `Creates or replaces a ${title}, whose id is in the body.` }
    case 'PUT item':
      return { verb: 'put', name, summary: `Creates or replaces a ${title}.` }
    case 'PATCH item':
      return { verb: 'patch', name, summary: `Merges the body into a ${title}; null removes a field.` }
    case 'PATCH part':
      return { verb: 'patch', name: `${name}Part`, summary: `Replaces a part of a ${title}.` }
    case 'DELETE item':
      return { verb: 'delete', name, summary: `Deletes a ${title} that nothing refers to.` }
    default:
      return { verb: 'get', name, summary: `Shows a ${title}.` }
  }
}

function collectionPath({ parent, name, hasVariants }: ResourceType): string {
  if (parent !== undefined) return `/${parent}/{owner}/${name}`
  return hasVariants ? `/${name}/{manager}` : `/${name}`
}

const idNames = { id: 'id', username: 'username', name: 'name' } as const

function pathOf(type: ResourceType, shape: Shape): string {
  if (shape === 'collection') return collectionPath(type)
  const item = `${collectionPath(type)}/{${idNames[type.identity]}}`
  return shape === 'part' ? `${item}/{path}` : item
}

function pathParameters({ resources }: Schemas, type: ResourceType, shape: Shape): readonly JsonObject[] {
  const names = [...(resources.get(type)?.keys() ?? [])]
  const variants: JsonObject = { type: 'string', ...(names.length > 0 && { enum: names }) }
  const above = [
    ...(type.parent === undefined ? [] : [pathParameter('owner', 'What they belong to: the name of a consumer.')]),
    ...(type.hasVariants ? [pathParameter('manager', 'Kind of secret manager.', variants)] : []),
  ]
  if (shape === 'collection') return above
  const id = {
    id: pathParameter('id', 'Its id.'),
    username: pathParameter('username', 'Its name.'),
    name: pathParameter('name', 'Name of a plugin.', variants),
  }[type.identity]
  const part = pathParameter('path', 'Names of fields; `%2F` between several.', { type: 'string' })
  return shape === 'part' ? [...above, id, part] : [...above, id]
}

const listArguments = ['page', 'page_size', 'name', 'label'] as const

function argumentsOf(schemas: Schemas, type: ResourceType, method: string, shape: Shape): readonly JsonObject[] {
  if (method !== 'GET') {
    const own = method === 'DELETE' ? (['force'] as const) : (['ttl'] as const)
    const conditions = method === 'POST' ? [] : (['if_match', 'if_none_match'] as const)
    return [...own, 'dry_run' as const, 'prefer' as const, ...conditions].map(parameterRef)
  }
  if (shape === 'item') return [parameterRef('if_none_match')]
  const fields = schemas.resources.get(type)?.get(type.kind)?.properties
  const uri = isJsonObject(fields) && 'uri' in fields ? (['uri'] as const) : []
  const filter = type.filterFields.length > 0 ? (['filter'] as const) : []
  return [...listArguments, ...uri, ...filter].map(parameterRef)
}

function bodyOf(type: ResourceType, method: string, shape: Shape): JsonObject {
  if (method === 'GET' || method === 'DELETE') return {}
  const isChange = method === 'PATCH'
  const schema = isChange ? (shape === 'part' ? {} : { type: 'object' }) : schemaRef(writtenName(type))
  const example = isChange ? undefined : (examples[type.kind] ?? examples[`${type.kind}.vault`])
  const content = { 'application/json': { schema, ...(example === undefined ? {} : { example }) } }
  return { requestBody: { required: true, content } }
}

function answersOf(type: ResourceType, method: string, shape: Shape): JsonObject {
  const value = schemaRef(answeredName(type))
  const refused = answerRefs('400', '401', '403', '429', 'default')
  if (method === 'GET' && shape === 'collection') {
    const absent = type.parent === undefined ? {} : answerRefs('404')
    return { '200': jsonAnswer('The list.', listOf(value)), ...refused, ...absent }
  }
  if (method === 'GET') {
    return { '200': jsonAnswer('The resource.', entryOf(value), etag), ...answerRefs('304', '404'), ...refused }
  }
  const conflicts = answerRefs('404', '409', '412')
  if (method === 'DELETE') return { '200': jsonAnswer('It is gone.', deletedAnswer), ...conflicts, ...refused }
  const stored = jsonAnswer('As it is stored, secrets masked.', writtenOf(value), etag)
  if (method === 'POST') return { '201': stored, ...conflicts, ...refused }
  return { '200': stored, ...(method === 'PUT' && { '201': stored }), ...conflicts, ...refused }
}
