import { apiError, apiErrorCode } from './api-errors.ts'
import type { Command } from './command.ts'
import type { KafkaConnection } from './connection.ts'
import { API_VERSIONS_MAX, apiVersionsRequest, type VersionRange } from './messages/api-versions.ts'

const CLIENT_VERSION = '0.1.0'
const UNSUPPORTED_VERSION = apiErrorCode('UNSUPPORTED_VERSION')

/** The versions that a broker serves, by API key; the first question on every connection. */
export async function askVersions(
  connection: KafkaConnection,
  command: Command,
): Promise<ReadonlyMap<number, VersionRange>> {
  let answer = await connection.send(apiVersionsRequest(API_VERSIONS_MAX, CLIENT_VERSION), command)
  if (answer.errorCode === UNSUPPORTED_VERSION)
    answer = await connection.send(apiVersionsRequest(0, CLIENT_VERSION), command)
  if (answer.errorCode !== 0) throw apiError(answer.errorCode, connection.broker)
  return answer.versions
}
