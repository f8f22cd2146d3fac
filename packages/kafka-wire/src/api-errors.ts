import { KafkaError } from './errors.ts'

/**
 * What is done about an error code that a broker answers to a read:
 *
 * - `retry`: the metadata is refreshed and the request made again, within the time of the command.
 * - `raise`: the command is answered with it; another command, or the same one later, may do better. Codes that no read
 *   meets are among them, should a broker send one.
 * - `fatal`: so is this one, and every other command of the route will be, until the route or the cluster is changed.
 */
export type ApiErrorClass = 'retry' | 'raise' | 'fatal'

/** The error codes in order, the first one being code -1. Source: "Error Codes" of the Kafka protocol page (4.4). */
const TABLE = [
  ['UNKNOWN_SERVER_ERROR', 'raise'],
  ['NONE', 'none'],
  ['OFFSET_OUT_OF_RANGE', 'raise'],
  ['CORRUPT_MESSAGE', 'raise'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'retry'],
  ['INVALID_FETCH_SIZE', 'raise'],
  ['LEADER_NOT_AVAILABLE', 'retry'],
  ['NOT_LEADER_OR_FOLLOWER', 'retry'],
  ['REQUEST_TIMED_OUT', 'retry'],
  ['BROKER_NOT_AVAILABLE', 'retry'],
  ['REPLICA_NOT_AVAILABLE', 'retry'],
  ['MESSAGE_TOO_LARGE', 'raise'],
  ['STALE_CONTROLLER_EPOCH', 'raise'],
  ['OFFSET_METADATA_TOO_LARGE', 'raise'],
  ['NETWORK_EXCEPTION', 'retry'],
  ['COORDINATOR_LOAD_IN_PROGRESS', 'raise'],
  ['COORDINATOR_NOT_AVAILABLE', 'raise'],
  ['NOT_COORDINATOR', 'raise'],
  ['INVALID_TOPIC_EXCEPTION', 'raise'],
  ['RECORD_LIST_TOO_LARGE', 'raise'],
  ['NOT_ENOUGH_REPLICAS', 'raise'],
  ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'raise'],
  ['INVALID_REQUIRED_ACKS', 'raise'],
  ['ILLEGAL_GENERATION', 'raise'],
  ['INCONSISTENT_GROUP_PROTOCOL', 'raise'],
  ['INVALID_GROUP_ID', 'raise'],
  ['UNKNOWN_MEMBER_ID', 'raise'],
  ['INVALID_SESSION_TIMEOUT', 'raise'],
  ['REBALANCE_IN_PROGRESS', 'raise'],
  ['INVALID_COMMIT_OFFSET_SIZE', 'raise'],
  ['TOPIC_AUTHORIZATION_FAILED', 'raise'],
  ['GROUP_AUTHORIZATION_FAILED', 'raise'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'fatal'],
  ['INVALID_TIMESTAMP', 'raise'],
  ['UNSUPPORTED_SASL_MECHANISM', 'fatal'],
  ['ILLEGAL_SASL_STATE', 'fatal'],
  ['UNSUPPORTED_VERSION', 'fatal'],
  ['TOPIC_ALREADY_EXISTS', 'raise'],
  ['INVALID_PARTITIONS', 'raise'],
  ['INVALID_REPLICATION_FACTOR', 'raise'],
  ['INVALID_REPLICA_ASSIGNMENT', 'raise'],
  ['INVALID_CONFIG', 'raise'],
  ['NOT_CONTROLLER', 'raise'],
  ['INVALID_REQUEST', 'fatal'],
  ['UNSUPPORTED_FOR_MESSAGE_FORMAT', 'fatal'],
  ['POLICY_VIOLATION', 'raise'],
  ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'raise'],
  ['DUPLICATE_SEQUENCE_NUMBER', 'raise'],
  ['INVALID_PRODUCER_EPOCH', 'raise'],
  ['INVALID_TXN_STATE', 'raise'],
  ['INVALID_PRODUCER_ID_MAPPING', 'raise'],
  ['INVALID_TRANSACTION_TIMEOUT', 'raise'],
  ['CONCURRENT_TRANSACTIONS', 'raise'],
  ['TRANSACTION_COORDINATOR_FENCED', 'raise'],
  ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'raise'],
  ['SECURITY_DISABLED', 'fatal'],
  ['OPERATION_NOT_ATTEMPTED', 'raise'],
  ['KAFKA_STORAGE_ERROR', 'retry'],
  ['LOG_DIR_NOT_FOUND', 'raise'],
  ['SASL_AUTHENTICATION_FAILED', 'fatal'],
  ['UNKNOWN_PRODUCER_ID', 'raise'],
  ['REASSIGNMENT_IN_PROGRESS', 'raise'],
  ['DELEGATION_TOKEN_AUTH_DISABLED', 'fatal'],
  ['DELEGATION_TOKEN_NOT_FOUND', 'fatal'],
  ['DELEGATION_TOKEN_OWNER_MISMATCH', 'fatal'],
  ['DELEGATION_TOKEN_REQUEST_NOT_ALLOWED', 'fatal'],
  ['DELEGATION_TOKEN_AUTHORIZATION_FAILED', 'fatal'],
  ['DELEGATION_TOKEN_EXPIRED', 'fatal'],
  ['INVALID_PRINCIPAL_TYPE', 'fatal'],
  ['NON_EMPTY_GROUP', 'raise'],
  ['GROUP_ID_NOT_FOUND', 'raise'],
  ['FETCH_SESSION_ID_NOT_FOUND', 'raise'],
  ['INVALID_FETCH_SESSION_EPOCH', 'raise'],
  ['LISTENER_NOT_FOUND', 'retry'],
  ['TOPIC_DELETION_DISABLED', 'raise'],
  ['FENCED_LEADER_EPOCH', 'retry'],
  ['UNKNOWN_LEADER_EPOCH', 'retry'],
  ['UNSUPPORTED_COMPRESSION_TYPE', 'fatal'],
  ['STALE_BROKER_EPOCH', 'raise'],
  ['OFFSET_NOT_AVAILABLE', 'retry'],
  ['MEMBER_ID_REQUIRED', 'raise'],
  ['PREFERRED_LEADER_NOT_AVAILABLE', 'raise'],
  ['GROUP_MAX_SIZE_REACHED', 'raise'],
  ['FENCED_INSTANCE_ID', 'raise'],
  ['ELIGIBLE_LEADERS_NOT_AVAILABLE', 'raise'],
  ['ELECTION_NOT_NEEDED', 'raise'],
  ['NO_REASSIGNMENT_IN_PROGRESS', 'raise'],
  ['GROUP_SUBSCRIBED_TO_TOPIC', 'raise'],
  ['INVALID_RECORD', 'raise'],
  ['UNSTABLE_OFFSET_COMMIT', 'raise'],
  ['THROTTLING_QUOTA_EXCEEDED', 'retry'],
  ['PRODUCER_FENCED', 'raise'],
  ['RESOURCE_NOT_FOUND', 'raise'],
  ['DUPLICATE_RESOURCE', 'raise'],
  ['UNACCEPTABLE_CREDENTIAL', 'fatal'],
  ['INCONSISTENT_VOTER_SET', 'raise'],
  ['INVALID_UPDATE_VERSION', 'raise'],
  ['FEATURE_UPDATE_FAILED', 'raise'],
  ['PRINCIPAL_DESERIALIZATION_FAILURE', 'fatal'],
  ['SNAPSHOT_NOT_FOUND', 'raise'],
  ['POSITION_OUT_OF_RANGE', 'raise'],
  ['UNKNOWN_TOPIC_ID', 'retry'],
  ['DUPLICATE_BROKER_REGISTRATION', 'raise'],
  ['BROKER_ID_NOT_REGISTERED', 'raise'],
  ['INCONSISTENT_TOPIC_ID', 'retry'],
  ['INCONSISTENT_CLUSTER_ID', 'fatal'],
  ['TRANSACTIONAL_ID_NOT_FOUND', 'raise'],
  ['FETCH_SESSION_TOPIC_ID_ERROR', 'raise'],
  ['INELIGIBLE_REPLICA', 'raise'],
  ['NEW_LEADER_ELECTED', 'raise'],
  ['OFFSET_MOVED_TO_TIERED_STORAGE', 'raise'],
  ['FENCED_MEMBER_EPOCH', 'raise'],
  ['UNRELEASED_INSTANCE_ID', 'raise'],
  ['UNSUPPORTED_ASSIGNOR', 'raise'],
  ['STALE_MEMBER_EPOCH', 'raise'],
  ['MISMATCHED_ENDPOINT_TYPE', 'fatal'],
  ['UNSUPPORTED_ENDPOINT_TYPE', 'fatal'],
  ['UNKNOWN_CONTROLLER_ID', 'raise'],
  ['UNKNOWN_SUBSCRIPTION_ID', 'raise'],
  ['TELEMETRY_TOO_LARGE', 'raise'],
  ['INVALID_REGISTRATION', 'raise'],
  ['TRANSACTION_ABORTABLE', 'raise'],
  ['INVALID_RECORD_STATE', 'raise'],
  ['SHARE_SESSION_NOT_FOUND', 'raise'],
  ['INVALID_SHARE_SESSION_EPOCH', 'raise'],
  ['FENCED_STATE_EPOCH', 'raise'],
  ['INVALID_VOTER_KEY', 'raise'],
  ['DUPLICATE_VOTER', 'raise'],
  ['VOTER_NOT_FOUND', 'raise'],
  ['INVALID_REGULAR_EXPRESSION', 'raise'],
  ['REBOOTSTRAP_REQUIRED', 'retry'],
  ['STREAMS_INVALID_TOPOLOGY', 'raise'],
  ['STREAMS_INVALID_TOPOLOGY_EPOCH', 'raise'],
  ['STREAMS_TOPOLOGY_FENCED', 'raise'],
  ['SHARE_SESSION_LIMIT_REACHED', 'raise'],
  ['GROUP_DELETION_FAILED', 'raise'],
  ['STREAMS_TOPOLOGY_DESCRIPTION_UPDATE_FAILED', 'raise'],
  ['CONTROLLER_ID_NOT_REGISTERED', 'raise'],
] as const satisfies readonly (readonly [string, ApiErrorClass | 'none'])[]

/** Name of a Kafka error code, as the Kafka protocol page spells it. */
export type ApiErrorName = (typeof TABLE)[number][0]

/** One error code of the Kafka protocol. */
export interface KafkaApiError {
  readonly code: number
  readonly name: ApiErrorName
  readonly errorClass: ApiErrorClass
}

/** Name of an error code; a code newer than the table gets `UNKNOWN_ERROR_CODE_<n>`. */
export function apiErrorName(code: number): string {
  return TABLE[code + 1]?.[0] ?? `UNKNOWN_ERROR_CODE_${code}`
}

/** What is done about an error code; one that is newer than the table is told to the client. */
export function apiErrorClass(code: number): ApiErrorClass {
  const found = TABLE[code + 1]?.[1] ?? 'raise'
  return found === 'none' ? 'raise' : found
}

/** Every error code that is an error, for those who map them to their own. */
export const kafkaApiErrors: readonly KafkaApiError[] = TABLE.map(([name], index) => ({
  code: index - 1,
  name,
  errorClass: apiErrorClass(index - 1),
})).filter(({ code }) => code !== 0)

/** Code of a named error. */
export function apiErrorCode(name: ApiErrorName): number {
  return TABLE.findIndex(([other]) => other === name) - 1
}

/** A broker's error code as an error; its message is exactly the name of the code. */
export function apiError(code: number, broker?: string): KafkaError {
  const name = apiErrorName(code)
  return new KafkaError('KAFKA_API_ERROR', name, { broker, apiError: name, retriable: apiErrorClass(code) === 'retry' })
}
