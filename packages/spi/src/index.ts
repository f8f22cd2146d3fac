// The whole SPI, 1.0-rc. Each name says how stable it is: @public for a major version from 1.0 on, @beta for a minor one.
export type { Consumer, ConsumerMatch, Consumers } from './consumer.ts'
export {
  type ContextKey,
  type ContextValues,
  createContextValues,
  defineContextKey,
  type GatewayRequest,
  type Log,
  type RequestContext,
} from './context.ts'
export {
  defineRequestScheme,
  type RequestHandler,
  type RequestSchemeDefinition,
} from './define-request-scheme.ts'
export {
  defineError,
  type ErrorDefinition,
  type ErrorOptions,
  type ErrorPlace,
  isErrorDefinition,
  isSluiceError,
  type SluiceError,
} from './errors.ts'
export type { HookMessage, MessageHooks, NamedHooks, SeenCommand, SeenResponse } from './message-hooks.ts'
export { nearest } from './nearest.ts'
export {
  type ConsumerPart,
  definePlugin,
  isPlugin,
  type Plugin,
  type PluginDefinition,
  type PluginInstance,
} from './plugin.ts'
export {
  type Counter,
  type Dial,
  type DialError,
  type DialPhase,
  type DialStep,
  type DialTarget,
  type FieldNumbers,
  type Gauge,
  type Histogram,
  type HttpAnswer,
  type HttpExchange,
  isScheme,
  type MessageSocket,
  type Metrics,
  type NodeTest,
  type ResolvedUpstream,
  type Scheme,
  type SchemeEnv,
  type SchemeInstance,
  type SchemeSession,
  type SessionContext,
  type SessionLimits,
  type SocketScheme,
  type SocketSchemeInstance,
  type TestFact,
  type TestStep,
  type UpstreamNode,
  type UpstreamTest,
  type UpstreamTimeouts,
  type UpstreamTls,
} from './scheme.ts'
export { spiMismatch, spiVersion } from './version.ts'
