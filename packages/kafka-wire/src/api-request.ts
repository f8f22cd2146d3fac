import type { Reader } from './primitives/reader.ts'
import { Writer } from './primitives/writer.ts'

/** One request of one version of a Kafka API, and how to read its answer. */
export interface ApiRequest<T> {
  readonly apiKey: number
  /** Name of the API, for messages. */
  readonly apiName: string
  readonly version: number
  /** Whether this version has compact types and tagged fields (KIP-482). */
  readonly flexible: boolean
  /** Whether the answer's header has tagged fields; as `flexible`, except for ApiVersions (KIP-511). */
  readonly flexibleAnswerHeader: boolean
  /** Whether the answer's body begins with a throttle_time_ms INT32 that the reader is to keep; older versions are held back by the broker. KIP-219. */
  readonly answersThrottle: boolean
  /** How long the broker may hold the answer back, in milliseconds. */
  readonly holdMs: number
  write(writer: Writer): void
  /** Gives the whole frame in place of `write`, for who has a cheaper way. */
  readonly encode: ((correlationId: number, clientId: string) => Buffer) | undefined
  /** Runs synchronously on the answer's body, which is reused afterwards: a view of it must not be kept. */
  read(reader: Reader): T
}

/** What the APIs fill in; the rest follows from it. */
export type ApiRequestFields<T> = Pick<
  ApiRequest<T>,
  'apiKey' | 'apiName' | 'version' | 'flexible' | 'write' | 'read'
> & {
  readonly flexibleAnswerHeader?: boolean
  readonly answersThrottle?: boolean
  readonly holdMs?: number
  readonly encode?: ApiRequest<T>['encode']
}

/** A request from its particulars. */
export function apiRequest<T>(fields: ApiRequestFields<T>): ApiRequest<T> {
  const { apiKey, apiName, version, flexible, write, read } = fields
  const { flexibleAnswerHeader = flexible, answersThrottle = false, holdMs = 0, encode } = fields
  return { apiKey, apiName, version, flexible, flexibleAnswerHeader, answersThrottle, holdMs, write, encode, read }
}

/**
 * The whole frame of a request.
 *
 * Request header v1, v2 => api_key INT16, api_version INT16, correlation_id INT32, client_id NULLABLE_STRING, and from
 * v2 tagged fields. The client id keeps its old form in v2.
 */
export function encodeRequest(request: ApiRequest<unknown>, correlationId: number, clientId: string): Buffer {
  if (request.encode !== undefined) return request.encode(correlationId, clientId)
  const writer = new Writer()
  writer.int32(0).int16(request.apiKey).int16(request.version).int32(correlationId).string(clientId, false)
  writer.noTaggedFields(request.flexible)
  request.write(writer)
  const frame = writer.toBuffer()
  writer.patchInt32(frame.length - 4, 0)
  return frame
}
