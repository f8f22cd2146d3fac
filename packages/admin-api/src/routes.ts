import { type Resource, referenceTo, upstreamReferences } from './resource.ts'

/** `/apisix/admin/routes`. */
export const routes: Resource = {
  name: 'routes',
  kind: 'route',
  filterFields: ['service_id', 'upstream_id'],
  references: (route) => [
    ...upstreamReferences(route.upstream),
    ...referenceTo('upstreams', route.upstream_id),
    ...referenceTo('services', route.service_id),
    ...referenceTo('plugin_configs', route.plugin_config_id),
  ],
  users: [],
  inUse: 'route',
}
