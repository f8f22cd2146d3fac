import { parseArgs } from 'node:util'

/** All of them, in the order in which they are measured. */
export const kinds = [
  'scan',
  'latency',
  'slow-clients',
  'commands',
  'codecs',
  'tls',
  'regions',
  'again',
  'fan-out',
  'sessions',
  'routes',
  'plugins',
  'idle',
  'workers',
  'mixed',
] as const

/** A kind of measurement. */
export type Kind = (typeof kinds)[number]

/** A WebSocket that speaks the protocol, whoever serves it. */
export interface Endpoint {
  readonly url: string
  /** With records in partition 0. */
  readonly topic: string
}

/** What is measured, and how long. */
export interface BenchOptions {
  readonly only: Kind | undefined
  /** Whether all is small: fewer clients too. */
  readonly quick: boolean
  readonly repetitions: number
  /** Each scan makes whole passes until so many seconds have gone by. */
  readonly seconds: number
  /** In the topic of 1 KiB records; that of 100 B has three times as many. */
  readonly records: number
  /** A route of a running gateway, `ws://host:port/path`, to `brokers`; without it one is started. */
  readonly gatewayUrl: string | undefined
  /** Measured alone, and nothing is started. */
  readonly endpoint: Endpoint | undefined
  /** Results of an earlier run to draw; nothing is measured then. */
  readonly plotFile: string | undefined
  /** A CPU profile to draw; nothing is measured then. */
  readonly flameFile: string | undefined
  /** `host:port[,host:port]`; without it a Kafka is started. */
  readonly brokers: string | undefined
  /** Whether a ratio that became worse than the baseline is a failure. */
  readonly check: boolean
  /** Whether the ratios become the baseline. */
  readonly writeBaseline: boolean
  /** The baseline's file; by default that of this package. */
  readonly baselineFile: string | undefined
  /** Where the results go besides bench-results. */
  readonly jsonFile: string | undefined
  /** Results of an earlier run to look at; without it a run is made. */
  readonly resultsFile: string | undefined
  /** Whether the gateway writes a CPU profile. */
  readonly profile: boolean
  readonly help: boolean
}

/** The command line cannot be understood; the message says what is wrong. */
export class UsageError extends Error {
  readonly code = 'BENCH_USAGE'
}

export const helpText = `npm run bench -- [options]

Measures reading through the gateway against a raw client of the same broker, in one run.

  --only KIND           one of ${kinds.join(', ')}
  --quick               three repetitions of a tenth of the data and the clients, to see that it works
  --repetitions N       5 by default; medians are printed
  --seconds S           of each scan at least, 2 by default
  --records N           of 1 KiB, 300000 by default; of 100 B three times as many
  --gateway URL         a running gateway's route, ws://host:port/path, to the brokers of KAFKA_BROKERS
  --url URL --topic T   measures any WebSocket that speaks the protocol, and that alone: scan, ping and list offset of a topic
                        that has records in partition 0
  --plot RESULTS        puts results into docs/performance, also drawn as SVG, and measures nothing
  --flame PROFILE       draws a .cpuprofile as docs/performance/flame.svg, shows where the time went, and measures nothing
  --profile             the gateway writes a CPU profile to bench-results/profile
  --json FILE           writes the results there too
  --check [RESULTS]     exit code 1 when a ratio is more than 25 % worse than the baseline; of an earlier run where its file
                        is given
  --write-baseline [RESULTS]
                        puts the ratios with a target into the baseline
  --baseline FILE       packages/bench/baseline.json by default
  --help

KAFKA_BROKERS=host:port[,host:port] uses a running Kafka, without TLS and authentication. The topics made there are deleted.
`

/**
 * Reads the command line.
 *
 * @throws {UsageError}
 */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): BenchOptions {
  const { values, positionals } = parse(args)
  const quick = values.quick === true
  const only = kinds.find((kind) => kind === values.only)
  if (only !== values.only) throw new UsageError(`--only takes ${kinds.join(', ')}, not ${values.only}`)
  const brokers = env.KAFKA_BROKERS || undefined
  if (values.gateway !== undefined && brokers === undefined) {
    throw new UsageError('--gateway needs KAFKA_BROKERS=host:port, the brokers of its route')
  }
  const [resultsFile, ...more] = positionals
  const looksAtResults = values.check === true || values['write-baseline'] === true
  if (more.length > 0 || (resultsFile !== undefined && !looksAtResults)) {
    throw new UsageError(
      `${positionals.join(' ')}: a file of results goes with --check or --write-baseline, and one only`,
    )
  }
  return {
    only,
    brokers,
    quick,
    resultsFile,
    repetitions: positive('--repetitions', values.repetitions, quick ? 3 : 5),
    seconds: positive('--seconds', values.seconds, quick ? 0.2 : 2),
    records: positive('--records', values.records, quick ? 30_000 : 300_000),
    gatewayUrl: values.gateway,
    endpoint: endpointOf(values.url, values.topic),
    plotFile: values.plot,
    flameFile: values.flame,
    check: values.check === true,
    writeBaseline: values['write-baseline'] === true,
    baselineFile: values.baseline,
    jsonFile: values.json,
    profile: values.profile === true,
    help: values.help === true,
  }
}

function endpointOf(url: string | undefined, topic: string | undefined): Endpoint | undefined {
  if (url === undefined && topic === undefined) return undefined
  if (url === undefined || topic === undefined) throw new UsageError('--url and --topic go together')
  if (!URL.canParse(url) || new URL(url).protocol !== 'ws:')
    throw new UsageError(`--url takes ws://host:port/path, not ${url}`)
  return { url, topic }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        only: text,
        quick: flag,
        repetitions: text,
        seconds: text,
        records: text,
        gateway: text,
        profile: flag,
        check: flag,
        url: text,
        topic: text,
        plot: text,
        flame: text,
        json: text,
        baseline: text,
        'write-baseline': flag,
        help: { ...flag, short: 'h' },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function positive(name: string, text: string | undefined, byDefault: number): number {
  if (text === undefined) return byDefault
  const value = Number(text)
  const isWhole = name === '--seconds' || Number.isInteger(value)
  if (!(value > 0) || value === Number.POSITIVE_INFINITY || !isWhole) {
    throw new UsageError(`${name} takes a positive number, not ${text}`)
  }
  return value
}
