import { definePlugin, type Scheme, spiVersion } from '@sluice/spi'
import Type from 'typebox'
import { createRegistry, type Registry } from '../../src/registry.ts'

const kafka: Scheme = {
  kind: 'scheme',
  spi: spiVersion,
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

function authPlugin(name: string, priority: number, secrets: readonly string[]) {
  return definePlugin({
    name,
    priority,
    config: Type.Object({ header: Type.String({ default: name }) }),
    secrets: [],
    consumer: {
      config: Type.Object({ key: Type.String({ minLength: 1 }), secret: Type.Optional(Type.String()) }),
      secrets,
      key: 'key',
    },
    create: () => ({}),
  })
}

const limitCount = definePlugin({
  name: 'limit-count',
  priority: 1002,
  config: Type.Object({ count: Type.Integer({ exclusiveMinimum: 0 }) }),
  secrets: [],
  metadata: Type.Object({ limit_header: Type.String({ default: 'X-RateLimit-Limit' }) }),
  version: '0.5',
  create: () => ({}),
})

/** One that takes any configuration, of those whose configurations refer to resources. */
function openPlugin(name: string, priority: number) {
  return definePlugin({ name, priority, config: Type.Object({}), secrets: [], create: () => ({}) })
}

/** A registry with a scheme and plugins of every sort, for tests of what checks and stores configuration. */
export const testRegistry: Registry = createRegistry(
  [kafka],
  [
    kafkaProxy,
    authPlugin('key-auth', 2500, ['key']),
    authPlugin('jwt-auth', 2510, ['secret']),
    limitCount,
    openPlugin('traffic-split', 966),
    openPlugin('grpc-transcode', 506),
  ],
)
