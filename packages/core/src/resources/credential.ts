import { meta, plugins } from '../schema/definitions.ts'
import { common, oneSchema, type ResourceType } from './resource-type.ts'

const ownId = { type: 'string', minLength: 15, maxLength: 128, pattern: '^[a-zA-Z0-9-_]+/credentials/[a-zA-Z0-9-_.]+$' }

/** `/apisix/admin/consumers/<username>/credentials`. */
export const credential: ResourceType = {
  ...common,
  name: 'credentials',
  kind: 'credential',
  title: 'credential',
  parent: 'consumers',
  methods: [],
  schemas: oneSchema('credential', () => ({
    type: 'object',
    properties: {
      ...meta,
      id: { description: 'Identifier, also with its consumer in front.', oneOf: [meta.id ?? {}, ownId] },
      plugins: { ...plugins, maxProperties: 1, description: 'One plugin that tells who asks, with its configuration.' },
    },
    additionalProperties: false,
  })),
  plugins: 'consumer',
  inUse: 'credential',
}
