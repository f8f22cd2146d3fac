import { KafkaError } from './errors.ts'
import type { VersionRange } from './messages/api-versions.ts'

/** An API and the versions of it that are spoken here. */
export interface SpokenApi {
  readonly apiKey: number
  readonly apiName: string
  readonly min: number
  readonly max: number
}

/**
 * The newest version of an API that both sides speak. Throws KAFKA_BROKER_TOO_OLD when there is none, or when the broker
 * does not serve the API at all.
 */
export function chooseVersion(offered: ReadonlyMap<number, VersionRange>, api: SpokenApi, broker: string): number {
  const range = offered.get(api.apiKey)
  const version = Math.min(api.max, range?.max ?? -1)
  if (range !== undefined && version >= api.min && version >= range.min) return version
  const serves =
    range === undefined ? `does not serve ${api.apiName}` : `serves ${api.apiName} v${range.min} to v${range.max}`
  const text = `broker ${broker} ${serves}, but v${api.min} to v${api.max} are spoken here: use another Kafka version`
  throw new KafkaError('KAFKA_BROKER_TOO_OLD', text, { broker })
}
