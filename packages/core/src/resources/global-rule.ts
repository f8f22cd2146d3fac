import { meta, plugins } from '../schema/definitions.ts'
import { common, oneSchema, type ResourceType } from './resource-type.ts'

const { name: _name, desc: _desc, labels: _labels, ...identified } = meta

/** `/apisix/admin/global_rules`: plugins that run for every request. */
export const globalRule: ResourceType = {
  ...common,
  name: 'global_rules',
  kind: 'global_rule',
  title: 'global rule',
  methods: ['PATCH'],
  schemas: oneSchema('global_rule', () => ({
    type: 'object',
    properties: { ...identified, plugins },
    required: ['id', 'plugins'],
    additionalProperties: false,
  })),
  plugins: 'route',
  hasUniquePlugins: true,
  inUse: 'global rule',
}
