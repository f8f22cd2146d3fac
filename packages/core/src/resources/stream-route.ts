import type { JsonObject } from '../json.ts'
import { address, host, meta, plugins, reference } from '../schema/definitions.ts'
import { common, oneSchema, type ResourceType } from './resource-type.ts'

const logger: JsonObject = {
  type: 'object',
  properties: {
    name: { type: 'string', description: 'Plugin that logs.' },
    filter: { type: 'array', description: 'Conditions as in `vars`.' },
    conf: { type: 'object', description: 'Its configuration.' },
  },
  dependencies: { name: ['conf'] },
  additionalProperties: false,
}

const protocol: JsonObject = {
  type: 'object',
  description: 'Protocol on the connections.',
  properties: {
    name: { type: 'string', description: 'Name of the protocol.' },
    superior_id: reference('Stream route that this one belongs to.'),
    conf: { type: 'object', description: 'Details of the protocol.' },
    logger: { type: 'array', items: logger, description: 'Logs of requests.' },
  },
  required: ['name'],
}

/** `/apisix/admin/stream_routes`: refused as by an APISIX whose stream mode is off; the schema is shown all the same. */
export const streamRoute: ResourceType = {
  ...common,
  name: 'stream_routes',
  kind: 'stream_route',
  title: 'stream route',
  methods: ['POST'],
  closed: 'stream mode is disabled, can not add stream routes',
  schemas: oneSchema('stream_route', ({ upstream }) => ({
    type: 'object',
    properties: {
      ...meta,
      remote_addr: { ...address, description: 'Address or range of the client.' },
      server_addr: { ...address, description: 'Address or range that the client connects to.' },
      server_port: { type: 'integer', minimum: 1, maximum: 65535, description: 'Port that the client connects to.' },
      sni: { ...host, description: 'Name in the TLS handshake.' },
      upstream: { ...upstream, description: 'Where connections go.' },
      upstream_id: reference('An upstream that is kept on its own.'),
      service_id: reference('Service with the fields that the stream route lacks.'),
      plugins,
      protocol,
    },
    additionalProperties: false,
  })),
  inUse: 'stream route directly',
}
