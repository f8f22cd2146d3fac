import type { JsonObject } from '../json.ts'
import { host, meta, plugins, reference, uniqueList } from './definitions.ts'

/** The schema of a service: closed, nothing required. */
export function createServiceSchema(upstream: JsonObject): JsonObject {
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
