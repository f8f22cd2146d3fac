import { apiErrorCode } from '../api-errors.ts'
import { type ApiRequest, apiRequest } from '../api-request.ts'
import type { Reader } from '../primitives/reader.ts'

/** Versions of one API that a broker serves. */
export interface VersionRange {
  readonly min: number
  readonly max: number
}

/** What ApiVersions answers. */
export interface ApiVersionsAnswer {
  readonly errorCode: number
  /** By API key. */
  readonly versions: ReadonlyMap<number, VersionRange>
}

/** The newest version spoken here. */
export const API_VERSIONS_MAX = 4

const UNSUPPORTED_VERSION = apiErrorCode('UNSUPPORTED_VERSION')

/**
 * ApiVersions, key 18, v0 to v4. Source: ApiVersionsRequest.json and ApiVersionsResponse.json of Kafka 4.1, KIP-511.
 *
 * Request v0-v2 => (empty)
 * Request v3-v4 => client_software_name COMPACT_STRING, client_software_version COMPACT_STRING, TAGS
 * Response v0   => error_code INT16, [api_key INT16, min_version INT16, max_version INT16]
 * Response v1+  => adds throttle_time_ms INT32; v3+ compact array, TAGS in each element and at the end
 *
 * The answer's header has no tags in any version, and a broker that does not know the version answers in v0 form.
 */
export function apiVersionsRequest(version: number, clientVersion: string): ApiRequest<ApiVersionsAnswer> {
  const flexible = version >= 3
  return apiRequest({
    apiKey: 18,
    apiName: 'ApiVersions',
    version,
    flexible,
    flexibleAnswerHeader: false,
    write: (writer) => {
      if (flexible) writer.string('sluice', true).string(clientVersion, true).noTaggedFields(true)
    },
    read: (reader) => {
      const errorCode = reader.int16()
      return { errorCode, versions: readVersions(reader, flexible && errorCode !== UNSUPPORTED_VERSION) }
    },
  })
}

function readVersions(reader: Reader, flexible: boolean): Map<number, VersionRange> {
  const versions = new Map<number, VersionRange>()
  reader.array(flexible, 6, () => {
    versions.set(reader.int16(), { min: reader.int16(), max: reader.int16() })
    if (flexible) reader.taggedFields()
  })
  return versions
}
