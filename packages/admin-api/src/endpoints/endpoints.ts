import { type JsonObject, plainSchema, resourceTypes } from '@sluice/core'
import { Type } from 'typebox'
import { KeyBody } from '../keys/key-table.ts'
import { schemaRef } from '../openapi/component-schemas.ts'
import { createOpenApi } from '../openapi/create-openapi.ts'
import { showAudit } from './audit.ts'
import { validateConfigs } from './configs.ts'
import type { EndpointDefinition, EndpointParameter } from './endpoint.ts'
import { deleteKey, listKeys, putKey, showKey } from './keys.ts'
import { listPlugins, reloadPlugins, showPlugin, showPlugins } from './plugins.ts'
import { showSchema, validateSchema } from './schema.ts'
import { testGivenUpstream, testRoute, testStoredUpstream } from './test-upstream.ts'
import { putConfigs, showConfigs } from './whole-configuration.ts'

const jsonSchema: JsonObject = { type: 'object', description: 'A JSON Schema, draft 7.' }

const pluginName: EndpointParameter = {
  description: 'Name of a plugin, such as `kafka-proxy`.',
  schema: { type: 'string' },
}

const subsystem: EndpointParameter = {
  description: 'Plugins of which subsystem; there are none for streams.',
  schema: { type: 'string', enum: ['http', 'stream'], default: 'http' },
}

const schemaType: EndpointParameter = {
  description: 'What the schema is of: what a consumer holds, or the metadata; the configuration otherwise.',
  schema: { type: 'string', enum: ['consumer', 'metadata'] },
}

const ofOnePlugin = { parameters: { name: pluginName }, query: { subsystem, schema_type: schemaType } }

const collections = resourceTypes.filter(({ parent }) => parent === undefined)

const wholeConfiguration: JsonObject = {
  type: 'object',
  properties: Object.fromEntries(collections.map(({ name }) => [name, { type: 'array', items: { type: 'object' } }])),
}

/** Bytes: that of some hundred thousand routes. */
const wholeLimit = 64 * 1024 * 1024

const dryRun: EndpointParameter = {
  description: 'Checks everything, answers 200 with what would change, and stores nothing.',
  schema: { type: 'boolean', default: false },
}

const count: JsonObject = { type: 'integer', minimum: 0 }

const replaced: JsonObject = {
  type: 'object',
  required: ['created', 'updated', 'deleted'],
  properties: { created: count, updated: count, deleted: count },
}

const keyName: EndpointParameter = {
  description: 'Name of a key: letters, digits, `-`, `_` and `.`, 64 at most.',
  schema: { type: 'string' },
}

const unixSeconds = Type.Optional(Type.Integer({ description: 'Unix seconds.' }))

const keyAnswer = plainSchema(
  Type.Object({
    ...KeyBody.properties,
    name: Type.String(),
    key: Type.Optional(Type.String({ description: 'The key itself, where it was made just now.' })),
    is_fixed: Type.Optional(
      Type.Boolean({ description: 'Whether it is in the configuration file, or in `data_dir`.' }),
    ),
    create_time: unixSeconds,
    update_time: unixSeconds,
    dry_run: Type.Optional(Type.Boolean()),
  }),
)

const auditAnswer: JsonObject = {
  type: 'object',
  required: ['time', 'request', 'address', 'method', 'path'],
  properties: {
    time: { type: 'string', format: 'date-time' },
    status: { type: 'integer', description: 'Absent where the result never came, as after a crash.' },
    changes: { type: 'array', items: { type: 'object', required: ['key', 'before', 'after'] } },
  },
}

const listOf = (items: JsonObject): JsonObject => ({
  type: 'object',
  required: ['list', 'total'],
  properties: { list: { type: 'array', items }, total: { type: 'integer' } },
})

const pluginDetails: JsonObject = {
  type: 'object',
  required: ['priority', 'version', 'schema'],
  properties: {
    priority: { type: 'integer', description: 'Plugins with a higher one run first.' },
    version: { type: 'string' },
    schema: jsonSchema,
    consumer_schema: jsonSchema,
    metadata_schema: jsonSchema,
    type: { type: 'string', description: '`auth` where consumers hold something for it.' },
  },
}

const testAnswer: JsonObject = {
  type: 'object',
  required: ['scheme', 'ok', 'nodes'],
  properties: {
    scheme: { type: 'string' },
    ok: { type: 'boolean', description: 'Whether every step of every node went well.' },
    nodes: {
      type: 'array',
      items: {
        type: 'object',
        required: ['node', 'ok', 'duration_ms', 'steps'],
        properties: {
          node: { type: 'string', description: '`host:port`' },
          ok: { type: 'boolean' },
          duration_ms: { type: 'number', minimum: 0 },
          steps: {
            type: 'array',
            description: 'In order; the last one may have failed. What a step found out stands in it.',
            items: {
              type: 'object',
              required: ['step', 'ok', 'duration_ms'],
              properties: {
                step: { type: 'string', examples: ['dns', 'tcp', 'tls', 'api_versions', 'sasl', 'topic'] },
                ok: { type: 'boolean' },
                duration_ms: { type: 'number', minimum: 0 },
                error: {
                  type: 'object',
                  required: ['code', 'message'],
                  properties: { code: { type: 'string' }, message: { type: 'string' } },
                },
              },
            },
          },
        },
      },
    },
  },
}

const testOf: Pick<EndpointDefinition, 'method' | 'tag' | 'query' | 'isThere' | 'answer'> = {
  method: 'POST',
  tag: 'tests of upstreams',
  query: {
    topic: { description: 'What else to ask for: a topic, and the right to read it.', schema: { type: 'string' } },
    timeout_ms: {
      description: 'Milliseconds for the whole test.',
      schema: { type: 'integer', minimum: 100, maximum: 30_000, default: 5000 },
    },
  },
  isThere: ({ testUpstream }) => testUpstream !== undefined,
  answer: testAnswer,
}

const storedId = (kind: string): EndpointDefinition['parameters'] & object => ({
  id: { description: `Id of a stored ${kind}.`, schema: { type: 'string' } },
})

/** What the Admin API has besides resources. Where two fit, the first one counts. */
export const endpoints: readonly EndpointDefinition[] = [
  {
    method: 'GET',
    path: '/schema/plugins/{name}',
    operationId: 'getSchemaOfPlugin',
    summary: 'Shows a schema of a plugin, as `/plugins/{name}` does.',
    ...ofOnePlugin,
    answer: jsonSchema,
    run: (tools, call) => showPlugin(tools, { ...call, path: call.path.slice(1) }),
  },
  {
    method: 'GET',
    path: '/schema/{kind}',
    operationId: 'getSchema',
    summary: 'Shows the JSON Schema of a kind of resource.',
    parameters: {
      kind: { description: 'Kind of resource, in the singular.', schema: { type: 'string', examples: ['route'] } },
    },
    answer: jsonSchema,
    run: showSchema,
  },
  {
    method: 'POST',
    path: '/schema/validate/{resources}',
    operationId: 'validateBySchema',
    summary:
      'Checks a value against a schema alone: plugins and references are not looked at. A good one has no answer.',
    parameters: {
      resources: { description: 'Kind of resource, in the plural.', schema: { type: 'string', examples: ['routes'] } },
    },
    body: {},
    run: validateSchema,
  },
  {
    method: 'GET',
    path: '/plugins/list',
    operationId: 'listPlugins',
    summary: 'Lists the names of plugins, those that run first in front.',
    query: { subsystem },
    answer: { type: 'array', items: { type: 'string' } },
    run: listPlugins,
  },
  {
    method: 'GET',
    path: '/plugins/{name}',
    operationId: 'getPlugin',
    summary: 'Shows a schema of a plugin.',
    ...ofOnePlugin,
    answer: jsonSchema,
    run: showPlugin,
  },
  {
    method: 'GET',
    path: '/plugins',
    operationId: 'getPlugins',
    summary: 'Shows everything about every plugin.',
    query: {
      all: { description: 'Has to be there.', schema: { type: 'string', enum: ['true'] }, required: true },
      subsystem,
    },
    answer: { type: 'object', additionalProperties: pluginDetails },
    run: showPlugins,
  },
  {
    method: 'PUT',
    path: '/plugins/reload',
    operationId: 'reloadPlugins',
    summary: 'Answers `done`, for tools that ask: plugins are loaded at the start.',
    run: reloadPlugins,
  },
  {
    method: 'POST',
    path: '/configs/validate',
    operationId: 'validateConfiguration',
    summary: 'Checks a whole configuration, without references between its items. Stores nothing.',
    body: wholeConfiguration,
    bodyLimit: wholeLimit,
    answer: { type: 'object' },
    run: validateConfigs,
  },
  {
    method: 'GET',
    path: '/configs',
    operationId: 'getConfiguration',
    summary: 'Shows the whole configuration. Only with the stores `file` and `memory`, as in standalone mode.',
    isThere: ({ isStandalone }) => isStandalone,
    showsAll: true,
    answer: wholeConfiguration,
    run: showConfigs,
  },
  {
    method: 'PUT',
    path: '/configs',
    operationId: 'putConfiguration',
    summary:
      'Replaces the whole configuration, references between its items checked. One that the header `X-Digest` says is there ' +
      'already is answered by 204. Only with the stores `file` and `memory`, as in standalone mode.',
    query: { dry_run: dryRun },
    body: wholeConfiguration,
    bodyLimit: wholeLimit,
    writes: true,
    isThere: ({ isStandalone }) => isStandalone,
    statuses: [202],
    answer: replaced,
    run: putConfigs,
  },
  {
    method: 'GET',
    path: '/keys',
    operationId: 'listKeys',
    summary: 'Lists the keys of the Admin API with their roles and grants; never the keys themselves.',
    tag: 'keys and audit',
    showsAll: true,
    answer: listOf(keyAnswer),
    run: listKeys,
  },
  {
    method: 'GET',
    path: '/keys/{name}',
    operationId: 'getKey',
    summary: 'Shows what a key may do.',
    tag: 'keys and audit',
    parameters: { name: keyName },
    showsAll: true,
    answer: keyAnswer,
    run: showKey,
  },
  {
    method: 'PUT',
    path: '/keys/{name}',
    operationId: 'putKey',
    summary: 'Makes a key, which only this answer shows, or changes what one may do.',
    tag: 'keys and audit',
    parameters: { name: keyName },
    query: {
      dry_run: dryRun,
      rotate: {
        description: 'Gives a key that is there another value; the one before is refused from then on.',
        schema: { type: 'boolean', default: false },
      },
      ttl: { description: 'Seconds after which the key ends.', schema: { type: 'number', exclusiveMinimum: 0 } },
    },
    body: plainSchema(KeyBody),
    writes: true,
    statuses: [200, 201],
    answer: keyAnswer,
    run: putKey,
  },
  {
    method: 'DELETE',
    path: '/keys/{name}',
    operationId: 'deleteKey',
    summary: 'Revokes a key: it is refused from then on.',
    tag: 'keys and audit',
    parameters: { name: keyName },
    query: { dry_run: dryRun },
    writes: true,
    answer: { type: 'object', required: ['deleted', 'key'] },
    run: deleteKey,
  },
  {
    method: 'GET',
    path: '/audit',
    operationId: 'getAudit',
    summary: "Shows the newest requests of this gateway's audit log, newest first.",
    tag: 'keys and audit',
    query: {
      limit: { description: 'How many at most.', schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 } },
      before: { description: 'Only those before this time.', schema: { type: 'string', format: 'date-time' } },
      path: { description: 'Only those whose path begins so.', schema: { type: 'string' } },
    },
    showsAll: true,
    isThere: ({ audit }) => audit !== undefined,
    answer: listOf(auditAnswer),
    run: showAudit,
  },
  {
    ...testOf,
    path: '/upstreams/test',
    operationId: 'testUpstream',
    summary: 'Tries each node of an upstream and tells step by step how far it gets. Stores nothing.',
    body: schemaRef('upstream'),
    asWriteOf: 'upstreams',
    run: testGivenUpstream,
  },
  {
    ...testOf,
    path: '/upstreams/{id}/test',
    operationId: 'testStoredUpstream',
    summary: 'Tries each node of a stored upstream and tells step by step how far it gets.',
    parameters: storedId('upstream'),
    asWriteOf: 'upstreams',
    run: testStoredUpstream,
  },
  {
    ...testOf,
    path: '/routes/{id}/test',
    operationId: 'testRoute',
    summary: 'Tries each node of the upstream of a stored route, with the credentials that its plugins have for it.',
    parameters: storedId('route'),
    asWriteOf: 'routes',
    run: testRoute,
  },
  {
    method: 'GET',
    path: '/openapi.json',
    operationId: 'getOpenApi',
    summary: 'Shows this document.',
    answer: { type: 'object', required: ['openapi', 'info', 'paths'] },
    run: ({ validator }) => ({ status: 200, body: createOpenApi(validator.schemas, endpoints) }),
  },
]
