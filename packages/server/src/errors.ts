import { defineError } from '@sluice/spi'

/** No route matches; the text is APISIX's. */
export const RouteNotFound = defineError('ROUTE_NOT_FOUND', { status: 404 }, '404 Route Not Found')

/** The path does not survive one decoding and normalization. */
export const BadRequestPath = defineError(
  'REQUEST_BAD_PATH',
  { status: 400 },
  'the request path cannot be normalized: leave out broken percent escapes, NUL and steps above the root',
)

/** Two servers in a row may take different ones of several Host headers (RFC 9112, section 3.2). */
export const AmbiguousHost = defineError(
  'REQUEST_AMBIGUOUS_HOST',
  { status: 400 },
  'the request has more than one Host header: send one',
)

/** A plain HTTP request on a route whose scheme speaks WebSocket. */
export const WebSocketExpected = defineError(
  'REQUEST_WEBSOCKET_EXPECTED',
  { status: 400 },
  'this route speaks WebSocket: %s',
)

/** A WebSocket handshake on a route whose scheme answers plain requests. */
export const HttpExpected = defineError('REQUEST_HTTP_EXPECTED', { status: 400 }, 'this route speaks plain HTTP: %s')

/** A scheme failed to answer a plain request; the log has why. */
export const SchemeRequestFailed = defineError(
  'SCHEME_REQUEST_FAILED',
  { status: 500 },
  'the scheme %s failed to answer this request: the log of the gateway says why',
)

/** A plugin threw something that is no error of the catalogue; the log has it. */
export const PluginFailed = defineError(
  'PLUGIN_FAILED',
  { status: 500 },
  'the plugin %s of route %s failed: the log of the gateway says why',
)

/** The plugins of a request took longer than they may. */
export const PluginTimedOut = defineError(
  'PLUGIN_TIMED_OUT',
  { status: 504 },
  'the plugin %s was not done when the plugins of the request had taken %s ms: try again, or raise limits.plugin_seconds',
)

/** A plugin threw what is no error of ours when a socket was opened. */
export const SocketPluginFailed = defineError(
  'PLUGIN_SOCKET_FAILED',
  { close: 1011 },
  'internal error: the plugin %s failed; the log of the gateway says why',
)

/** A plugin of a global rule threw what is no error of ours. */
export const GlobalRuleFailed = defineError(
  'GLOBAL_RULE_FAILED',
  { status: 500 },
  'the plugin %s of a global rule failed: the log of the gateway says why',
)

/** A plugin of authentication named a consumer that does not exist. */
export const ConsumerGone = defineError(
  'CONSUMER_GONE',
  { status: 401 },
  'there is no consumer %s: create it, or change the configuration of the plugin that names it',
)

/** The consumer of the socket, its credential or its group changed or is gone. */
export const ConsumerChanged = defineError(
  'CONSUMER_CHANGED',
  { close: 1012 },
  'the consumer was changed: connect again',
)

/** The gateway is shutting down. */
export const GatewayDraining = defineError(
  'GATEWAY_DRAINING',
  { close: 1001 },
  'the gateway is shutting down: connect again',
)

/** The configuration of the socket's route changed or is gone. */
export const RouteChanged = defineError('ROUTE_CHANGED', { close: 1012 }, 'the route was changed: connect again')

/** A client that leaves what it asked for unread. */
export const SlowClient = defineError(
  'CLIENT_TOO_SLOW',
  { close: 1013 },
  'answers were left unread: read faster or ask for less',
)

/** A scheme threw while it took over a socket; the log has it. */
export const SchemeFailed = defineError(
  'SCHEME_FAILED',
  { close: 1011 },
  'internal error: the log of the gateway says why',
)
