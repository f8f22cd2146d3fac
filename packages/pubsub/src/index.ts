// For authors of pub/sub schemes, 1.0-rc as @sluice/spi is.
export { type EncodedAnswer, type EncodedBody, encoded } from './answer.ts'
export type { Call } from './call.ts'
export { definePubSubScheme } from './define-pubsub-scheme.ts'
export type { ProtoModule, PubSubProtocol } from './proto-module.ts'
export type {
  Answer,
  CommandHandlers,
  PubSubSchemeDefinition,
  PubSubSession,
  PubSubUpstream,
  SessionPort,
  UpstreamEnv,
  UpstreamSetup,
} from './scheme-types.ts'
