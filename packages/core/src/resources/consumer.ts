import { meta, plugins, reference } from '../schema/definitions.ts'
import { common, oneSchema, type ResourceType, referenceTo } from './resource-type.ts'

const { name: _, ...described } = meta

/** `/apisix/admin/consumers`: known by `username`, with credentials below. */
export const consumer: ResourceType = {
  ...common,
  name: 'consumers',
  kind: 'consumer',
  title: 'consumer',
  identity: 'username',
  children: ['credentials'],
  methods: [],
  schemas: oneSchema('consumer', () => ({
    type: 'object',
    properties: {
      ...described,
      username: {
        type: 'string',
        minLength: 1,
        maxLength: 256,
        pattern: '^[a-zA-Z0-9_\\-]+$',
        description: 'Name that tells consumers apart.',
      },
      group_id: reference('Group with plugins that several consumers share.'),
      plugins,
    },
    required: ['username'],
    additionalProperties: false,
  })),
  plugins: 'consumer',
  references: ({ group_id: groupId }) => referenceTo('consumer_groups', 'consumer group', groupId),
  inUse: 'consumer',
}
