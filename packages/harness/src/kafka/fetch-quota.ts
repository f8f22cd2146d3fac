import { askBroker, boolean, float64, int16, int32, text } from './raw-request.ts'

const ALTER_CLIENT_QUOTAS = 49

/**
 * Has the brokers hold back clients of this id that fetch more bytes a second; undefined for no longer. The brokers keep to it
 * some moments later. Spoken here because kafkajs cannot (AlterClientQuotas v0, KIP-546).
 *
 * @param broker `host:port` of a listener without TLS and authentication
 */
export async function setFetchQuota(
  broker: string,
  clientId: string,
  bytesPerSecond: number | undefined,
): Promise<void> {
  const entity = Buffer.concat([int32(1), text('client-id'), text(clientId)])
  const change = Buffer.concat([
    int32(1),
    text('consumer_byte_rate'),
    float64(bytesPerSecond ?? 0),
    boolean(bytesPerSecond === undefined),
  ])
  const header = Buffer.concat([int16(ALTER_CLIENT_QUOTAS), int16(0), int32(1), text('sluice-testkit')])
  const answer = await askBroker(broker, Buffer.concat([header, int32(1), entity, change, boolean(false)]))
  // Correlation id, throttle time and the count of entries stand before the first one's error code.
  const errorCode = answer.readInt16BE(12)
  if (errorCode !== 0) throw new Error(`broker ${broker} refused the quota with error code ${errorCode}`)
}
