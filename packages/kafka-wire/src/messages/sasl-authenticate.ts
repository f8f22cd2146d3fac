import { type ApiRequest, apiRequest } from '../api-request.ts'

/** What SaslAuthenticate answers. */
export interface SaslAuthenticateAnswer {
  readonly errorCode: number
  readonly errorMessage: string | null
  /** The mechanism's next message. */
  readonly authBytes: Buffer
  /** Milliseconds after which the broker wants a new authentication; 0 for never. KIP-368. */
  readonly sessionLifetimeMs: number
}

/** Versions spoken here. */
export const SASL_AUTHENTICATE = { apiKey: 36, apiName: 'SaslAuthenticate', min: 0, max: 2 } as const

/**
 * SaslAuthenticate, key 36, v0 to v2. Source: SaslAuthenticateRequest.json and SaslAuthenticateResponse.json of Kafka
 * 4.1, KIP-152, KIP-368.
 *
 * Request  => auth_bytes BYTES (v2 COMPACT_BYTES, TAGS)
 * Response => error_code INT16, error_message NULLABLE_STRING, auth_bytes BYTES, from v1 session_lifetime_ms INT64
 *             (v2 compact types, TAGS)
 */
export function saslAuthenticateRequest(version: number, authBytes: Uint8Array): ApiRequest<SaslAuthenticateAnswer> {
  const flexible = version >= 2
  return apiRequest({
    apiKey: SASL_AUTHENTICATE.apiKey,
    apiName: SASL_AUTHENTICATE.apiName,
    version,
    flexible,
    write: (writer) => {
      writer.bytes(authBytes, flexible).noTaggedFields(flexible)
    },
    read: (reader) => ({
      errorCode: reader.int16(),
      errorMessage: reader.nullableString(flexible),
      authBytes: Buffer.from(reader.nullableBytes(flexible) ?? []),
      sessionLifetimeMs: version >= 1 ? Number(reader.int64()) : 0,
    }),
  })
}
