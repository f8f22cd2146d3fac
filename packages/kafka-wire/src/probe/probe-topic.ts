import { apiError, apiErrorCode } from '../api-errors.ts'
import { KafkaError } from '../errors.ts'
import { METADATA, metadataRequest } from '../messages/metadata.ts'
import { chooseVersion } from '../versions.ts'
import type { Learn } from './probe-steps.ts'
import type { ProbeTalk } from './probe-talk.ts'

const UNKNOWN_TOPIC = apiErrorCode('UNKNOWN_TOPIC_OR_PARTITION')
const NOT_AUTHORIZED = apiErrorCode('TOPIC_AUTHORIZATION_FAILED')
/** AclOperation.READ of Kafka's AdminClient, as a bit. */
const READ = 1 << 3

/** Asks for a topic, and whether the user may read it. @throws KafkaError where not, or where there is none */
export async function probeTopic(talk: ProbeTalk, topic: string, learn: Learn): Promise<void> {
  const { connection, versions, command } = talk
  const { broker } = connection
  learn({ topic })
  const version = chooseVersion(versions, METADATA, broker)
  const answer = await connection.send(metadataRequest(version, topic, true), command)
  if (answer.errorCode !== 0) throw apiError(answer.errorCode, broker)
  const found = answer.topics.find(({ name }) => name === topic)
  if (found === undefined) throw new KafkaError('KAFKA_PROTOCOL', `broker ${broker} does not answer for topic ${topic}`)
  if (found.errorCode === NOT_AUTHORIZED) throw notAuthorized(topic, 'DESCRIBE and READ')
  if (found.errorCode === UNKNOWN_TOPIC) {
    throw new KafkaError('KAFKA_TOPIC_NOT_FOUND', `topic ${topic} does not exist: create it, or check its name`)
  }
  if (found.errorCode !== 0) throw apiError(found.errorCode, broker)
  learn({ partitions: found.partitions.size })
  // Without an authorizer, and before Kafka 2.3, there is no telling: then whoever may describe it is taken to read it.
  if (found.operations !== undefined && (found.operations & READ) === 0) throw notAuthorized(topic, 'READ')
}

function notAuthorized(topic: string, operations: string): KafkaError {
  const text = `the user may not read topic ${topic}: let the brokers' ACLs allow ${operations} on it`
  return new KafkaError('KAFKA_API_ERROR', text, { apiError: 'TOPIC_AUTHORIZATION_FAILED' })
}
