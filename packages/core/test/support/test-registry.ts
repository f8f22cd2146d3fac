import { definePlugin, type Scheme } from '@sluice/spi'
import Type from 'typebox'
import { createRegistry, type Registry } from '../../src/registry.ts'

const kafka: Scheme = {
  kind: 'scheme',
  name: 'kafka',
  options: Type.Object(
    { fetch_max_bytes: Type.Integer({ minimum: 1, maximum: 67_108_864, default: 1_048_576 }) },
    { additionalProperties: false },
  ),
  usage: '',
  create: () => {
    throw new Error('configuration is checked without opening a scheme')
  },
}

const kafkaProxy = definePlugin({
  name: 'kafka-proxy',
  priority: 508,
  config: Type.Object({
    sasl: Type.Optional(Type.Object({ username: Type.String(), password: Type.String({ minLength: 3 }) })),
  }),
  secrets: ['sasl.password'],
  create: ({ sasl }) => {
    if (sasl?.username === 'refused-by-create') throw new Error('the user name is not to the taste of the plugin')
    return {}
  },
})

/** A registry with a scheme and a plugin like those that ship, for tests of what checks and stores configuration. */
export const testRegistry: Registry = createRegistry([kafka], [kafkaProxy])
