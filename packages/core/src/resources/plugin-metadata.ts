import { plainSchema } from '../schema/plain-schema.ts'
import { common, type ResourceType } from './resource-type.ts'

/** `/apisix/admin/plugin_metadata`: what one plugin has for all its uses, under the name of the plugin. */
export const pluginMetadata: ResourceType = {
  ...common,
  name: 'plugin_metadata',
  kind: 'plugin_metadata',
  title: 'plugin_metadata',
  identity: 'name',
  methods: [],
  hasTimes: false,
  schemas: ({ registry }) =>
    new Map(
      Array.from(registry.plugins, ([name, { metadata }]) => [
        name,
        metadata === undefined ? { type: 'object' } : plainSchema(metadata),
      ]),
    ),
  unknownVariant: () => 'invalid plugin name',
  inUse: 'plugin_metadata',
}
