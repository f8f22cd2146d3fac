import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiError, apiErrorClass, apiErrorCode, apiErrorName, kafkaApiErrors } from '../src/api-errors.ts'

test('names are at the codes of the Kafka protocol page', () => {
  const samples = {
    UNKNOWN_SERVER_ERROR: -1,
    OFFSET_OUT_OF_RANGE: 1,
    UNKNOWN_TOPIC_OR_PARTITION: 3,
    NOT_LEADER_OR_FOLLOWER: 6,
    TOPIC_AUTHORIZATION_FAILED: 29,
    UNSUPPORTED_VERSION: 35,
    SASL_AUTHENTICATION_FAILED: 58,
    FENCED_LEADER_EPOCH: 74,
    UNKNOWN_TOPIC_ID: 100,
    REBOOTSTRAP_REQUIRED: 129,
    SHARE_SESSION_LIMIT_REACHED: 133,
    CONTROLLER_ID_NOT_REGISTERED: 136,
  } as const
  for (const [name, code] of Object.entries(samples)) assert.equal(apiErrorName(code), name)
  assert.equal(apiErrorCode('OFFSET_OUT_OF_RANGE'), 1)
  assert.equal(kafkaApiErrors.length, 137)
  assert.equal(new Set(kafkaApiErrors.map(({ name }) => name)).size, 137)
})

test('the message is the name; only what a later attempt cures is retriable', () => {
  const moved = apiError(6, 'b:9092')
  assert.deepEqual(
    [moved.code, moved.message, moved.apiError, moved.broker, moved.retriable],
    ['KAFKA_API_ERROR', 'NOT_LEADER_OR_FOLLOWER', 'NOT_LEADER_OR_FOLLOWER', 'b:9092', true],
  )
  for (const code of [-1, 1, 2, 17, 29, 35, 43]) assert.equal(apiError(code).retriable, false, apiErrorName(code))
  for (const code of [3, 5, 9, 56, 74, 75, 78, 100]) assert.equal(apiError(code).retriable, true, apiErrorName(code))
})

test('what a refresh of the metadata cures is retried, and nothing else', () => {
  const retried = kafkaApiErrors.filter(({ errorClass }) => errorClass === 'retry').map(({ name }) => name)
  assert.deepEqual(retried.toSorted(), [
    'BROKER_NOT_AVAILABLE',
    'FENCED_LEADER_EPOCH',
    'INCONSISTENT_TOPIC_ID',
    'KAFKA_STORAGE_ERROR',
    'LEADER_NOT_AVAILABLE',
    'LISTENER_NOT_FOUND',
    'NETWORK_EXCEPTION',
    'NOT_LEADER_OR_FOLLOWER',
    'OFFSET_NOT_AVAILABLE',
    'REBOOTSTRAP_REQUIRED',
    'REPLICA_NOT_AVAILABLE',
    'REQUEST_TIMED_OUT',
    'THROTTLING_QUOTA_EXCEEDED',
    'UNKNOWN_LEADER_EPOCH',
    'UNKNOWN_TOPIC_ID',
    'UNKNOWN_TOPIC_OR_PARTITION',
  ])
})

test('what another command would only meet again is fatal, what is up to the client is raised', () => {
  for (const name of ['UNSUPPORTED_VERSION', 'SASL_AUTHENTICATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'] as const)
    assert.equal(apiErrorClass(apiErrorCode(name)), 'fatal', name)
  for (const name of ['OFFSET_OUT_OF_RANGE', 'CORRUPT_MESSAGE', 'TOPIC_AUTHORIZATION_FAILED'] as const)
    assert.equal(apiErrorClass(apiErrorCode(name)), 'raise', name)
  assert.equal(apiErrorClass(4000), 'raise')
})

test('a code newer than the table keeps its number', () => {
  assert.equal(apiError(4000).message, 'UNKNOWN_ERROR_CODE_4000')
})
