import { consumer } from './consumer.ts'
import { consumerGroup } from './consumer-group.ts'
import { credential } from './credential.ts'
import { globalRule } from './global-rule.ts'
import { pluginConfig } from './plugin-config.ts'
import { pluginMetadata } from './plugin-metadata.ts'
import { proto } from './proto.ts'
import type { ResourceType } from './resource-type.ts'
import { route } from './route.ts'
import { secret } from './secret.ts'
import { service } from './service.ts'
import { ssl } from './ssl.ts'
import { streamRoute } from './stream-route.ts'
import { upstream } from './upstream.ts'

/** The resources of the Admin API. */
export const resourceTypes: readonly ResourceType[] = [
  route,
  service,
  upstream,
  consumer,
  credential,
  consumerGroup,
  pluginConfig,
  globalRule,
  pluginMetadata,
  secret,
  proto,
  streamRoute,
  ssl,
]
