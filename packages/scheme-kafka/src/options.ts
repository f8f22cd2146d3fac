import { Type } from 'typebox'

const mebibyte = 1024 * 1024

/** What `upstream.kafka` may hold. */
export const KafkaOptions = Type.Object(
  {
    fetch_max_bytes: Type.Integer({
      minimum: 1,
      maximum: 64 * mebibyte,
      default: mebibyte,
      description: 'Bytes that one CmdKafkaFetch reads at most; the first record batch is always whole.',
    }),
    isolation: Type.Enum(['read_uncommitted', 'read_committed'], {
      default: 'read_uncommitted',
      description: 'Whether records of transactions that are open or were aborted are delivered.',
    }),
    rack: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        description:
          'Rack of the gateway: fetches are served by a replica in the same rack where the brokers choose so (KIP-392).',
      }),
    ),
    cache_bytes: Type.Integer({
      minimum: 0,
      maximum: 1024 * mebibyte,
      default: 32 * mebibyte,
      description:
        'Bytes of answers that a worker keeps for others who read the same; each is confirmed by the broker before it is given. 0 keeps none.',
    }),
    command_timeout_ms: Type.Integer({
      minimum: 100,
      maximum: 600_000,
      default: 30_000,
      description: 'Milliseconds after which a command is given up, retries included.',
    }),
  },
  { additionalProperties: false },
)
