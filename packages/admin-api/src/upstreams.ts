import { type Resource, upstreamReferences } from './resource.ts'

/** `/apisix/admin/upstreams`. */
export const upstreams: Resource = {
  name: 'upstreams',
  kind: 'upstream',
  filterFields: [],
  references: upstreamReferences,
  users: [
    { name: 'routes', kind: 'route', field: 'upstream_id' },
    { name: 'services', kind: 'service', field: 'upstream_id' },
  ],
  inUse: 'upstream',
}
