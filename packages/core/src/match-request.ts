import type { GatewayRequest } from '@sluice/spi'

/** What the choice of a route looks at: a request before its route, and so its `:param` parts, are known. */
export type MatchRequest = Omit<GatewayRequest, 'params'>

/** Values of the `:param` parts of a route's uri, by name. */
export type UriParams = Readonly<Record<string, string>>
