/** What `npm start` was asked for. */
export interface DemoOptions {
  /** Ends after the demonstration instead of serving. */
  readonly once: boolean
  /** Writes nothing to Kafka. */
  readonly readOnly: boolean
  readonly topic: string
  /** Reads a topic in memory instead: shows the gateway where there is no Java. */
  readonly withoutKafka: boolean
  /** Bootstrap brokers `host:port[,host:port]` of a Kafka that runs elsewhere; without them one is started. */
  readonly brokers?: string
}

/** What a command line means. */
export type DemoRequest =
  | { readonly kind: 'run'; readonly options: DemoOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'mistake'; readonly text: string }

/** The topic that the demonstration makes and writes to. */
const demoTopic = 'sluice-demo'

/** The page of `npm start -- --help`. */
export const demoHelp = `Starts a Kafka and Sluice, makes a route and reads records through it; then serves until Ctrl-C.

Usage: npm start [-- options]

Options:
  --once          End after the demonstration instead of serving.
  --read-only     Produce nothing; needs KAFKA_BROKERS and a topic that has records.
  --without-kafka Start no Kafka; the topic is in memory, by the scheme memory.
  --topic <name>  The topic to read with --read-only; by default ${demoTopic}.
  --help          Show this page.

Environment:
  KAFKA_BROKERS   host:port[,host:port] of a Kafka that runs elsewhere (PLAINTEXT); without it one is started,
                  which needs Java 17 or newer and Maven.
`

/** Reads the command line and the environment. */
export function readDemoOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): DemoRequest {
  let [once, readOnly, withoutKafka] = [false, false, false]
  let topic: string | undefined
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? ''
    if (arg === '--help' || arg === '-h') return { kind: 'help' }
    if (arg === '--once') once = true
    else if (arg === '--read-only') readOnly = true
    else if (arg === '--without-kafka') withoutKafka = true
    else if (arg.startsWith('--topic=')) topic = arg.slice('--topic='.length)
    else if (arg === '--topic') topic = args[++index] ?? ''
    else return mistake(`unknown option ${arg}`)
  }
  if (topic !== undefined && !/^[\w.-]{1,249}$/.test(topic)) return mistake('--topic needs the name of a topic')
  if (topic !== undefined && !readOnly) return mistake(`--topic goes with --read-only: only ${demoTopic} is written to`)
  const brokers = env.KAFKA_BROKERS?.replaceAll(' ', '') || undefined
  if (brokers !== undefined && !brokers.split(',').every(isBroker)) {
    return mistake(`KAFKA_BROKERS is "${brokers}"; write host:port[,host:port], such as 127.0.0.1:9092`)
  }
  if (withoutKafka && (readOnly || brokers !== undefined))
    return mistake('--without-kafka goes with neither --read-only nor KAFKA_BROKERS')
  if (readOnly && brokers === undefined)
    return mistake('--read-only needs KAFKA_BROKERS: a Kafka started here is empty')
  const options = { once, readOnly, withoutKafka, topic: topic ?? demoTopic, ...(brokers !== undefined && { brokers }) }
  return { kind: 'run', options }
}

function isBroker(text: string): boolean {
  const port = Number(/^(?:\[[\da-f:]+\]|[^:/\s]+):(\d{1,5})$/i.exec(text)?.[1])
  return port >= 1 && port <= 65535
}

function mistake(text: string): DemoRequest {
  return { kind: 'mistake', text }
}
