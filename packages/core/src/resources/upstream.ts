import { isJsonObject, type Json, type JsonObject } from '../json.ts'
import { objectOf } from '../json-fields.ts'
import {
  common,
  idsOf,
  oneSchema,
  type ResourceType,
  type Users,
  upstreamReferences,
  usersByField,
} from './resource-type.ts'

/** Paths of an upstream's fields that are encrypted at rest. */
export const upstreamSecrets = ['tls.client_key'] as const

/** `/apisix/admin/upstreams`. */
export const upstream: ResourceType = {
  ...common,
  name: 'upstreams',
  kind: 'upstream',
  title: 'upstream',
  schemas: oneSchema('upstream', (parts) => parts.upstream),
  secrets: upstreamSecrets,
  references: upstreamReferences,
  users: [
    usersByField('routes', 'route', 'upstream_id'),
    usersByField('services', 'service', 'upstream_id'),
    splitsIn('routes', 'route'),
    splitsIn('services', 'service'),
    splitsIn('plugin_configs', 'plugin_config'),
    splitsIn('consumers', 'consumer'),
    splitsIn('consumer_groups', 'consumer_group'),
    splitsIn('global_rules', 'global_rules'),
  ],
  inUse: 'upstream',
}

/** Resources whose plugin `traffic-split` sends requests to other upstreams, APISIX field `weighted_upstreams`. */
function splitsIn(name: string, title: string): Users {
  return { name, title: `plugin in ${title}`, ids: splitUpstreams }
}

function splitUpstreams({ plugins }: JsonObject): readonly string[] {
  const split = objectOf(objectOf(plugins)?.['traffic-split'])
  return objectsOf(split?.rules)
    .flatMap((rule) => objectsOf(rule.weighted_upstreams))
    .flatMap((weighted) => idsOf(weighted.upstream_id))
}

function objectsOf(list: Json | undefined): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isJsonObject) : []
}
