import type { JsonObject, Validator } from '@sluice/core'
import type { EndpointDefinition, EndpointParameter } from '../endpoints/endpoint.ts'
import { answerRefs, jsonAnswer, namedAnswers } from './answers.ts'
import { createComponentSchemas } from './component-schemas.ts'
import { pathParameter, queryParameter, sharedParameters } from './parameters.ts'
import { type DocumentedOperation, resourceOperations } from './resource-paths.ts'

const description = `Compatible with the Admin API of Apache APISIX. Bodies are read as JSON whatever their content type says. Empty
objects may be given as \`[]\`. A text may be a reference, \`$env://NAME\` or \`$secret://…\`: bounds of its length and its form
then hold of what it stands for.`

/** The OpenAPI 3.1 document of the Admin API: its resources, by their schemas, and its other endpoints. */
export function createOpenApi(schemas: Validator['schemas'], endpoints: readonly EndpointDefinition[]): JsonObject {
  const operations = [...resourceOperations(schemas), ...endpoints.map(endpointOperation), probe]
  return {
    openapi: '3.1.1',
    info: { title: 'Sluice Admin API', version: 'v3', description },
    servers: [{ url: '/' }],
    security: [{ key: [] }],
    paths: pathsOf(operations),
    components: {
      securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-API-KEY' } },
      parameters: sharedParameters,
      responses: namedAnswers(),
      schemas: createComponentSchemas(schemas),
    },
  }
}

function pathsOf(operations: readonly DocumentedOperation[]): JsonObject {
  const paths = Map.groupBy(operations, ({ path }) => `/apisix/admin${path}`)
  const itemOf = (of: readonly DocumentedOperation[]): JsonObject =>
    Object.fromEntries(of.map(({ method, operation }) => [method.toLowerCase(), operation]))
  return Object.fromEntries([...paths].map(([path, of]) => [path, itemOf(of)]))
}

function endpointOperation(endpoint: EndpointDefinition): DocumentedOperation {
  const { method, path, operationId, summary, parameters = {}, query = {}, body, statuses = [200], answer } = endpoint
  const inPath = Object.entries(parameters).map(([name, each]) => pathParameter(name, each.description, each.schema))
  const inQuery = Object.entries(query).map(([name, each]: readonly [string, EndpointParameter]) =>
    queryParameter(name, each.description, each.schema, each.required),
  )
  const done = 'It is done.'
  const isMaybeMissing = inPath.length > 0 || endpoint.isThere !== undefined
  const operation = {
    operationId,
    summary,
    tags: [endpoint.tag ?? 'schemas and plugins'],
    parameters: [...inPath, ...inQuery],
    ...(body !== undefined && { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    responses: {
      ...Object.fromEntries(
        statuses.map((status) => [status, answer === undefined ? { description: done } : jsonAnswer(done, answer)]),
      ),
      ...answerRefs('400', '401', '403', '429', 'default', ...(isMaybeMissing ? (['404'] as const) : [])),
      ...(endpoint.writes && answerRefs('409', '412')),
    },
  }
  return { path, method, operation }
}

/** Answered without a key. */
const probe: DocumentedOperation = {
  path: '',
  method: 'HEAD',
  operation: {
    operationId: 'probe',
    summary: 'Tells that the Admin API is there.',
    security: [],
    responses: { '200': { description: 'It is.' } },
  },
}
