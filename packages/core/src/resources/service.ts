import type { JsonObject } from '../json.ts'
import { host, meta, plugins, reference, uniqueList } from '../schema/definitions.ts'
import { refuseCode } from './code-fields.ts'
import { common, oneSchema, type ResourceType, referenceTo, upstreamReferences, usersByField } from './resource-type.ts'

/** `/apisix/admin/services`. */
export const service: ResourceType = {
  ...common,
  name: 'services',
  kind: 'service',
  title: 'service',
  schemas: oneSchema('service', ({ upstream }) => serviceSchema(upstream)),
  plugins: 'route',
  checkFirst: refuseCode,
  references: (value) => [
    ...upstreamReferences(value.upstream),
    ...referenceTo('upstreams', 'upstream', value.upstream_id),
  ],
  users: [usersByField('routes', 'route', 'service_id'), usersByField('stream_routes', 'stream_route', 'service_id')],
  inUse: 'service directly',
}

function serviceSchema(upstream: JsonObject): JsonObject {
  return {
    type: 'object',
    properties: {
      ...meta,
      plugins,
      upstream: { ...upstream, description: 'Upstream of routes that have none; `upstream_id` comes before it.' },
      upstream_id: reference('An upstream that is kept on its own.'),
      hosts: uniqueList(host, 'Hosts of routes that have none.', 1),
      enable_websocket: { type: 'boolean', description: 'Value for routes that have none.' },
    },
    additionalProperties: false,
  }
}
