import { meta, plugins } from '../schema/definitions.ts'
import { common, oneSchema, type ResourceType, usersByField } from './resource-type.ts'

/** `/apisix/admin/plugin_configs`. */
export const pluginConfig: ResourceType = {
  ...common,
  name: 'plugin_configs',
  kind: 'plugin_config',
  title: 'plugin config',
  methods: ['PATCH'],
  schemas: oneSchema('plugin_config', () => ({
    type: 'object',
    properties: { ...meta, name: { type: 'string', description: 'Name for people; need not be unique.' }, plugins },
    required: ['id', 'plugins'],
    additionalProperties: false,
  })),
  plugins: 'route',
  users: [usersByField('routes', 'route', 'plugin_config_id')],
  inUse: 'plugin config',
}
