import { type Resource, referenceTo, upstreamReferences } from './resource.ts'

/** `/apisix/admin/services`. */
export const services: Resource = {
  name: 'services',
  kind: 'service',
  filterFields: [],
  references: (service) => [...upstreamReferences(service.upstream), ...referenceTo('upstreams', service.upstream_id)],
  users: [{ name: 'routes', kind: 'route', field: 'service_id' }],
  inUse: 'service directly',
}
