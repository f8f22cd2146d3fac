import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { askBroker, int8, int16, int32, text } from './raw-request.ts'
import type { KafkaUser } from './users.ts'

const ALTER_USER_SCRAM_CREDENTIALS = 51
const SCRAM_SHA_512 = 2
const ITERATIONS = 4096

/**
 * Gives a user, also one that there is not yet, a password for SCRAM-SHA-512. The brokers keep to it some moments later. Spoken
 * here because kafkajs cannot (AlterUserScramCredentials v0, KIP-554).
 *
 * @param broker `host:port` of a listener without TLS and authentication
 */
export async function setPassword(broker: string, { username, password }: KafkaUser): Promise<void> {
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 64, 'sha512')
  const change = [
    compact(Buffer.from(username)),
    int8(SCRAM_SHA_512),
    int32(ITERATIONS),
    compact(salt),
    compact(salted),
  ]
  const header = [int16(ALTER_USER_SCRAM_CREDENTIALS), int16(0), int32(1), text('sluice-testkit'), noTags]
  const answer = await askBroker(broker, Buffer.concat([...header, count(0), count(1), ...change, noTags, noTags]))
  // Correlation id, tags, throttle time, the count of users and the one user stand before the error code.
  const errorCode = answer.readInt16BE(4 + 1 + 4 + 1 + 1 + Buffer.byteLength(username))
  if (errorCode !== 0) throw new Error(`broker ${broker} refused the password with error code ${errorCode}`)
}

const noTags = int8(0)
/** Lengths of the flexible versions of messages are one more (KIP-482); those here fit into one byte. */
const count = (entries: number) => int8(entries + 1)
const compact = (bytes: Buffer) => Buffer.concat([count(bytes.length), bytes])
