import { ConfigInvalidError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { address, host, meta, method, plugins, reference, timeout, uniqueList } from '../schema/definitions.ts'
import { compileVars } from '../vars/index.ts'
import { refuseCode } from './code-fields.ts'
import { common, oneSchema, type ResourceType, referenceTo, upstreamReferences } from './resource-type.ts'

/** `/apisix/admin/routes`. */
export const route: ResourceType = {
  ...common,
  name: 'routes',
  kind: 'route',
  title: 'route',
  filterFields: ['service_id', 'upstream_id'],
  schemas: oneSchema('route', ({ upstream }) => routeSchema(upstream)),
  plugins: 'route',
  checkFirst(value) {
    checkExclusions(value)
    refuseCode(value)
  },
  checkLast({ vars }) {
    if (vars !== undefined) checkVars(vars)
  },
  references: (value) => [
    ...upstreamReferences(value.upstream),
    ...referenceTo('upstreams', 'upstream', value.upstream_id),
    ...referenceTo('services', 'service', value.service_id),
    ...referenceTo('plugin_configs', 'plugin config', value.plugin_config_id),
  ],
  inUse: 'route',
}

const uri: JsonObject = { type: 'string', minLength: 1, maxLength: 4096 }

/** At most one of two fields. */
function atMostOneOf(a: string, b: string): JsonObject {
  const either = [{ required: [a] }, { required: [b] }]
  return { oneOf: [...either, { not: { anyOf: either } }] }
}

// In APISIX's order, which the text of a fault shows; scripts are refused before the schema is looked at.
const sources = ['plugins', 'upstream', 'upstream_id', 'service_id']
const combinations: readonly JsonObject[] = [
  ...sources.map((source) => ({ required: [source, 'uri'] })),
  ...sources.map((source) => ({ required: [source, 'uris'] })),
  { required: ['script', 'uri'] },
  { required: ['script', 'uris'] },
]

function routeSchema(upstream: JsonObject): JsonObject {
  return {
    type: 'object',
    properties: {
      ...meta,
      uri: { ...uri, description: 'Path: exact, with a final `*`, or with `:param` segments.' },
      uris: uniqueList({ type: 'string' }, 'Several paths instead of `uri`.', 1),
      host,
      hosts: uniqueList(host, "Several hosts instead of `host`; the service's by default.", 1),
      remote_addr: { ...address, description: 'Address or range of the client.' },
      remote_addrs: uniqueList(address, 'Several addresses or ranges instead of `remote_addr`.', 1),
      methods: uniqueList(method, 'Methods; all by default.'),
      priority: { type: 'integer', default: 0, description: 'Highest first among routes whose uri is as specific.' },
      vars: { type: 'array', description: 'Conditions `[variable, operator, value]`, all of which must hold.' },
      timeout: { ...timeout, description: "Time limits in seconds instead of the upstream's." },
      status: { type: 'integer', enum: [1, 0], default: 1, description: '0 switches the route off.' },
      enable_websocket: { type: 'boolean', description: "Whether http upstreams get WebSockets; the service's value." },
      plugins,
      plugin_config_id: reference('Plugins that are kept on their own.'),
      upstream: { ...upstream, description: 'Where requests go; `upstream_id` comes before it.' },
      upstream_id: reference('An upstream that is kept on its own.'),
      service_id: reference('Service with the fields that the route lacks.'),
    },
    allOf: [
      { oneOf: [{ required: ['uri'] }, { required: ['uris'] }] },
      atMostOneOf('host', 'hosts'),
      atMostOneOf('remote_addr', 'remote_addrs'),
    ],
    anyOf: combinations,
    additionalProperties: false,
  }
}

function checkExclusions(value: JsonObject): void {
  for (const [one, several] of [
    ['host', 'hosts'],
    ['remote_addr', 'remote_addrs'],
  ] as const) {
    if (value[one] !== undefined && value[several] !== undefined) {
      throw new ConfigInvalidError(`only one of ${one} or ${several} is allowed`)
    }
  }
}

function checkVars(vars: Json): void {
  try {
    compileVars(vars)
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigInvalidError(`failed to validate the 'vars' expression: ${text}`, { cause })
  }
}
