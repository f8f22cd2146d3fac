/** The route of the demonstration. */
export interface DemoRoute {
  readonly adminUrl: string
  readonly adminKey: string
  readonly upstream: object
}

/** The path that clients connect to. */
export const routePath = '/kafka'

const resource = '/apisix/admin/routes/demo'

/** @param brokers bootstrap brokers, `host:port[,host:port]` */
export function kafkaUpstream(brokers: string): object {
  return { scheme: 'kafka', type: 'none', nodes: Object.fromEntries(brokers.split(',').map((broker) => [broker, 1])) }
}

/** An upstream without a broker, which has one topic with these values. */
export function memoryUpstream(topic: string, values: readonly string[]): object {
  return { scheme: 'memory', type: 'none', nodes: { 'demo:1': 1 }, memory: { topics: { [topic]: values } } }
}

const routeBody = (upstream: object): string => JSON.stringify({ uri: routePath, upstream })

/** What one would type to make the same route. */
export function routeCurlLines({ adminUrl, adminKey, upstream }: DemoRoute): string[] {
  return [`curl ${adminUrl}${resource} -X PUT \\`, `  -H 'X-API-KEY: ${adminKey}' \\`, `  -d '${routeBody(upstream)}'`]
}

/** Makes the route with the Admin API, or replaces the one of an earlier demonstration. */
export async function putRoute({ adminUrl, adminKey, upstream }: DemoRoute): Promise<void> {
  const response = await fetch(`${adminUrl}${resource}`, {
    method: 'PUT',
    headers: { 'X-API-KEY': adminKey },
    body: routeBody(upstream),
  })
  if (!response.ok) throw new Error(`the Admin API answered ${response.status}: ${await response.text()}`)
}
