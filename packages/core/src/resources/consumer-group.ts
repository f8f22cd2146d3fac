import { meta, plugins } from '../schema/definitions.ts'
import { common, oneSchema, type ResourceType, usersByField } from './resource-type.ts'

/** `/apisix/admin/consumer_groups`. */
export const consumerGroup: ResourceType = {
  ...common,
  name: 'consumer_groups',
  kind: 'consumer_group',
  title: 'consumer group',
  methods: ['PATCH'],
  schemas: oneSchema('consumer_group', () => ({
    type: 'object',
    properties: { ...meta, plugins },
    required: ['id', 'plugins'],
    additionalProperties: false,
  })),
  plugins: 'route',
  users: [usersByField('consumers', 'consumer', 'group_id')],
  inUse: 'consumer group',
}
