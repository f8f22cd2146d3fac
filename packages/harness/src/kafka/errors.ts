const ALTERNATIVES = [
  'Without them, use a Kafka that runs elsewhere:',
  '  docker compose -f docs/compose.yaml up -d   and then set KAFKA_BROKERS=127.0.0.1:9092',
  '  or set KAFKA_BROKERS=host:port',
].join('\n')

/** Java or Maven is not there; the message says what was looked for and what can be done instead. */
export class JavaMissing extends Error {
  readonly code = 'TESTKIT_JAVA_MISSING'

  constructor(lookedFor: string, options?: ErrorOptions) {
    super(
      `Starting a Kafka needs Java 17 or newer and Maven; ${lookedFor}.\nOn Debian and Ubuntu: apt-get install openjdk-17-jre-headless maven.\n${ALTERNATIVES}`,
      options,
    )
    this.name = 'JavaMissing'
  }
}

/** Maven could not fetch Kafka's jars. */
export class KafkaJarsFailed extends Error {
  readonly code = 'TESTKIT_KAFKA_JARS_FAILED'

  constructor(version: string, output: string) {
    super(`Maven could not fetch the jars of Kafka ${version}; its last lines were:\n${output}\n${ALTERNATIVES}`)
    this.name = 'KafkaJarsFailed'
  }
}

/** A Kafka broker or its storage tool ended instead of doing its work. */
export class KafkaStartFailed extends Error {
  readonly code = 'TESTKIT_KAFKA_START_FAILED'
  /** The last lines it wrote. */
  readonly output: string

  constructor(what: string, output: string, options?: ErrorOptions) {
    super(`${what}; its last lines were:\n${output}`, options)
    this.name = 'KafkaStartFailed'
    this.output = output
  }
}
