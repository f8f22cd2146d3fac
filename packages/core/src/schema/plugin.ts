import type { Plugin } from '@sluice/spi'
import type { JsonObject } from '../json.ts'
import { objectOf } from '../json-fields.ts'
import { plainSchema } from './plain-schema.ts'

const metaFields: JsonObject = {
  type: 'object',
  description: 'How the gateway runs the plugin.',
  properties: {
    disable: { type: 'boolean', description: 'Leaves the plugin out.' },
    error_response: {
      description: 'Body instead of the one of the plugin, where it answers with a status from 400.',
      oneOf: [{ type: 'string' }, { type: 'object' }],
    },
    priority: { type: 'integer', description: "Place in the order instead of the plugin's own." },
    filter: { type: 'array', description: 'Conditions as in `vars`: the plugin runs only where they hold.' },
  },
  additionalProperties: false,
}

/** The schema of a plugin's configuration with the `_meta` that every plugin has. */
export function createPluginSchema(plugin: Plugin): JsonObject {
  const schema = plainSchema(plugin.config)
  return {
    ...schema,
    properties: { ...objectOf(schema.properties), _meta: metaFields },
    $comment: 'this is a mark for our injected plugin schema',
  }
}
