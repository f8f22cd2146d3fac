/** The route of the demonstration. */
export interface DemoRoute {
  readonly adminUrl: string
  readonly adminKey: string
  /** Bootstrap brokers, `host:port[,host:port]`. */
  readonly brokers: string
}

/** The path that clients connect to. */
export const routePath = '/kafka'

const resource = '/apisix/admin/routes/demo'

function routeBody(brokers: string): string {
  const nodes = Object.fromEntries(brokers.split(',').map((broker) => [broker, 1]))
  return JSON.stringify({ uri: routePath, upstream: { scheme: 'kafka', type: 'none', nodes } })
}

/** What one would type to make the same route. */
export function routeCurlLines({ adminUrl, adminKey, brokers }: DemoRoute): string[] {
  return [`curl ${adminUrl}${resource} -X PUT \\`, `  -H 'X-API-KEY: ${adminKey}' \\`, `  -d '${routeBody(brokers)}'`]
}

/** Makes the route with the Admin API, or replaces the one of an earlier demonstration. */
export async function putRoute({ adminUrl, adminKey, brokers }: DemoRoute): Promise<void> {
  const response = await fetch(`${adminUrl}${resource}`, {
    method: 'PUT',
    headers: { 'X-API-KEY': adminKey },
    body: routeBody(brokers),
  })
  if (!response.ok) throw new Error(`the Admin API answered ${response.status}: ${await response.text()}`)
}
