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
  defineError,
  type ErrorDefinition,
  type ErrorOptions,
  type ErrorPlace,
  isErrorDefinition,
  isSluiceError,
  type SluiceError,
} from './errors.ts'
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
  type DialTarget,
  type Gauge,
  type Histogram,
  isScheme,
  type MessageSocket,
  type Metrics,
  type ResolvedUpstream,
  type Scheme,
  type SchemeEnv,
  type SchemeInstance,
  type SchemeSession,
  type SessionContext,
  type SessionLimits,
  type UpstreamNode,
  type UpstreamTimeouts,
  type UpstreamTls,
} from './scheme.ts'
