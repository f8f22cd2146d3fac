import { type ApiRequest, apiRequest } from '../api-request.ts'

/** What SaslHandshake answers. */
export interface SaslHandshakeAnswer {
  readonly errorCode: number
  /** Mechanisms that the listener has enabled. */
  readonly mechanisms: readonly string[]
}

/** The version spoken here. */
export const SASL_HANDSHAKE = { apiKey: 17, apiName: 'SaslHandshake', version: 1 } as const

/**
 * SaslHandshake, key 17, v1: the exchange that follows is carried by SaslAuthenticate. Source: SaslHandshakeRequest.json
 * and SaslHandshakeResponse.json of Kafka 4.1, KIP-43, KIP-152.
 *
 * Request v1  => mechanism STRING
 * Response v1 => error_code INT16, [mechanism STRING]
 */
export function saslHandshakeRequest(mechanism: string): ApiRequest<SaslHandshakeAnswer> {
  return apiRequest({
    ...SASL_HANDSHAKE,
    flexible: false,
    write: (writer) => {
      writer.string(mechanism, false)
    },
    read: (reader) => ({
      errorCode: reader.int16(),
      mechanisms: reader.array(false, 2, () => reader.string(false)),
    }),
  })
}
