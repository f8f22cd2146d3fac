import type { JsonObject } from '../json.ts'
import type { Registry } from '../registry.ts'
import { host, meta, reference, timeout } from './definitions.ts'
import { healthChecks } from './health-checks.ts'
import { plainSchema } from './plain-schema.ts'

/** Schemes that APISIX knows; a route of one that is not installed is stored and answered 503. */
const knownSchemes = ['grpc', 'grpcs', 'http', 'https', 'tcp', 'tls', 'udp', 'kafka']

const weight: JsonObject = { type: 'integer', minimum: 0, description: 'Share of the traffic; 0 gets none.' }

const nodes: JsonObject = {
  description: 'Servers: a map from `host:port` to weight, or a list.',
  anyOf: [
    { type: 'object', patternProperties: { '.*': weight } },
    {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          host: { ...host, description: 'Host name or address; IPv6 in brackets.' },
          port: { type: 'integer', minimum: 1, maximum: 65535, description: 'Port; the usual one of the scheme.' },
          weight,
          priority: { type: 'integer', default: 0, description: 'Nodes of a lower one serve when all others fail.' },
          metadata: { type: 'object', description: 'Free for tools.' },
        },
        required: ['host', 'weight'],
      },
    },
  ],
}

const keepalivePool: JsonObject = {
  type: 'object',
  description: 'Connections kept open for further requests.',
  properties: {
    size: { type: 'integer', minimum: 1, default: 320, description: 'Idle connections kept at most.' },
    idle_timeout: { type: 'number', minimum: 0, default: 60, description: 'Seconds an idle connection is kept.' },
    requests: { type: 'integer', minimum: 1, default: 1000, description: 'Requests on one connection at most.' },
  },
}

const tls: JsonObject = {
  type: 'object',
  description: 'Turns TLS on, even where it is empty.',
  properties: {
    client_cert_id: reference('A certificate among the ssl resources, for mutual TLS.'),
    client_cert: { type: 'string', minLength: 128, maxLength: 65536, description: 'Certificate for mutual TLS, PEM.' },
    client_key: {
      type: 'string',
      minLength: 64,
      maxLength: 65536,
      description: 'Private key for mutual TLS, PEM; encrypted at rest.',
    },
    verify: { type: 'boolean', default: false, description: "Whether the server's certificate is checked." },
  },
  dependencies: {
    client_cert_id: { not: { required: ['client_cert', 'client_key'] } },
    client_cert: { required: ['client_key'] },
    client_key: { required: ['client_cert'] },
  },
}

const fields: JsonObject = {
  ...meta,
  nodes,
  service_name: { type: 'string', minLength: 1, maxLength: 256, description: 'Name in the service discovery.' },
  discovery_type: { type: 'string', description: 'Kind of service discovery.' },
  discovery_args: {
    type: 'object',
    description: 'Details for the service discovery.',
    properties: { namespace_id: { type: 'string' }, group_name: { type: 'string' } },
  },
  type: { type: 'string', default: 'roundrobin', description: 'How a node is chosen; `none` is usual for brokers.' },
  hash_on: {
    type: 'string',
    enum: ['vars', 'header', 'cookie', 'consumer', 'vars_combinations'],
    default: 'vars',
    description: 'What `chash` hashes.',
  },
  key: { type: 'string', description: 'Name of what `chash` hashes.' },
  retries: { type: 'integer', minimum: 0, description: 'Further tries; one less than the nodes by default.' },
  retry_timeout: { type: 'number', minimum: 0, description: 'Seconds for all tries; 0 sets no limit.' },
  timeout,
  keepalive_pool: keepalivePool,
  pass_host: {
    type: 'string',
    enum: ['pass', 'node', 'rewrite'],
    default: 'pass',
    description: "`Host` sent on: the client's, the node's or `upstream_host`.",
  },
  upstream_host: { ...host, description: '`Host` sent on where `pass_host` is `rewrite`.' },
  tls,
  checks: healthChecks,
}

/**
 * The schema of an upstream: closed, with `upstream.<scheme>` for every scheme of the registry.
 *
 * @throws Error where a scheme has the name of a field
 */
export function createUpstreamSchema({ schemes }: Registry): JsonObject {
  const names = [...new Set([...knownSchemes, ...schemes.keys()])]
  const scheme = { type: 'string', enum: names, default: 'http', description: 'Kind of the servers.' }
  const options: Record<string, JsonObject> = {}
  for (const [name, { options: schema }] of schemes) {
    if (name === 'scheme' || Object.hasOwn(fields, name)) {
      throw new Error(`scheme ${name} has the name of a field of upstreams: give it another`)
    }
    options[name] = plainSchema(schema)
  }
  return {
    type: 'object',
    properties: { ...fields, scheme, ...options },
    oneOf: [{ required: ['nodes'] }, { required: ['service_name', 'discovery_type'] }],
    additionalProperties: false,
  }
}
