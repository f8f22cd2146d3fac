import { type Consumers, definePlugin, type GatewayRequest } from '@sluice/spi'
import { Config, ConsumerConfig } from './config.ts'
import { KeyInvalid, KeyMissing } from './errors.ts'

/** Lets those pass who send the key of a consumer, in a header or in the query. APISIX: key-auth. */
export default definePlugin({
  name: 'key-auth',
  priority: 2500,
  config: Config,
  secrets: [],
  consumer: { config: ConsumerConfig, secrets: ['key'], key: 'key' },
  create({ header = 'apikey', query = 'apikey', realm = 'key', anonymous_consumer: anonymous }) {
    const headers = { 'www-authenticate': `apikey realm="${quotable(realm)}"` }
    const known = (consumers: Consumers, key: string | undefined) => {
      const match = key === undefined ? undefined : consumers.find(key)
      return match?.consumer ?? (anonymous === undefined ? undefined : consumers.named(anonymous))
    }
    return {
      authenticate({ request }, consumers) {
        const key = keyOf(request, header.toLowerCase(), query)
        const consumer = known(consumers, key)
        if (consumer !== undefined) return consumer
        throw key === undefined ? new KeyMissing({ headers }) : new KeyInvalid({ headers })
      },
    }
  },
})

/** An empty key is none. */
function keyOf({ headers, query }: GatewayRequest, header: string, parameter: string): string | undefined {
  const sent = headers[header]
  return (typeof sent === 'string' ? sent : undefined) || query.get(parameter) || undefined
}

/** What may stand between the quotes of a header field, RFC 9110, section 5.6.4. */
function quotable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').replaceAll(/["\\]/g, '\\$&')
}
