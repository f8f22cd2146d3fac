import { pbkdf2Sync, randomBytes } from 'node:crypto'

/** May log in with PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. */
export interface KafkaUser {
  readonly username: string
  readonly password: string
}

/** The users a broker has when the test names none; the second password is hard to quote. */
export const DEFAULT_USERS: readonly KafkaUser[] = [
  { username: 'sluice', password: 'sluice-secret' },
  { username: 'admin', password: 'admin, "secret" \\ ünicode' },
]

const ITERATIONS = 4096

/**
 * The `--add-scram` arguments of Kafka's storage tool (KIP-900): salted, so that a password may hold any character and
 * never stands on a command line.
 */
export function scramArguments(users: readonly KafkaUser[]): string[] {
  return users.flatMap(({ username, password }) =>
    (
      [
        ['SCRAM-SHA-256', 'sha256', 32],
        ['SCRAM-SHA-512', 'sha512', 64],
      ] as const
    ).flatMap(([mechanism, hash, length]) => {
      const salt = randomBytes(16)
      const salted = pbkdf2Sync(password, salt, ITERATIONS, length, hash).toString('base64')
      const fields = `name=${username},iterations=${ITERATIONS},salt="${salt.toString('base64')}",saltedpassword="${salted}"`
      return ['--add-scram', `${mechanism}=[${fields}]`]
    }),
  )
}

/** The JAAS line for the users of PLAIN. */
export function plainJaas(users: readonly KafkaUser[]): string {
  const entries = users.map(({ username, password }) => `user_${username}="${quoted(password)}"`)
  return `org.apache.kafka.common.security.plain.PlainLoginModule required ${entries.join(' ')};`
}

export const SCRAM_JAAS = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'

const quoted = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')
