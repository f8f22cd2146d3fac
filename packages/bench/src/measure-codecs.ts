import type { CodecName } from './kafka/codecs.ts'
import type { BenchOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { type Measurement, measurement, ratio, type Section } from './report/results.ts'
import { scanMeasured } from './scan-measured.ts'
import type { BenchTopic, Stage } from './stage.ts'

/** All of them. */
const codecNames: readonly CodecName[] = ['gzip', 'snappy', 'lz4', 'zstd']

// A shorter time would show what else the machine does.
const CODEC_SECONDS = 0.5

/** The same records, plain and by each codec. */
export type CodecTopics = Readonly<Record<CodecName | 'plain', BenchTopic>>

interface Round {
  readonly recordsPerSecond: number
  /** Of records as they are uncompressed. */
  readonly cpuSecondsPerGb: number
  /** Of the codec alone; 0 for plain records. */
  readonly codecCpu: number
}

/** Scans of compressed topics: the gateway's CPU against that of the bare codec and of a scan of plain records together. */
export async function measureCodecs(
  stage: Stage,
  topics: CodecTopics,
  { repetitions, seconds }: BenchOptions,
  progress: Progress,
): Promise<Section[]> {
  if (stage.usage === undefined) return []
  const rounds: Record<keyof CodecTopics, Round[]> = { plain: [], gzip: [], snappy: [], lz4: [], zstd: [] }
  for (let round = 0; round <= repetitions; round++) {
    for (const name of ['plain', ...codecNames] as const) {
      progress.show(`scan, ${name}: ${round === 0 ? 'warming up' : `${round} of ${repetitions}`}`)
      const measured = await measureRound(stage, topics, name, seconds)
      // The first round warms up the compilers.
      if (round > 0) rounds[name].push(measured)
    }
  }
  const plain = cpu('gateway, plain', rounds.plain)
  return [plainSection(rounds.plain, plain), ...codecNames.map((name) => sectionOf(name, rounds[name], plain))]
}

async function measureRound(
  stage: Stage,
  topics: CodecTopics,
  name: keyof CodecTopics,
  seconds: number,
): Promise<Round> {
  const topic = topics[name]
  // A gigabyte is one of records as they are uncompressed.
  const bytes = (topics.plain.bytes / topics.plain.recordCount) * topic.recordCount
  const { recordsPerSecond, cpuSecondsPerGb = Number.NaN } = await scanMeasured(stage, { ...topic, bytes }, seconds)
  const codecCpu =
    name === 'plain' ? 0 : await stage.raw.codec({ codec: name, shape: topic.shape, seconds: CODEC_SECONDS })
  return { recordsPerSecond, cpuSecondsPerGb, codecCpu }
}

const cpu = (title: string, rounds: readonly Round[]): Measurement =>
  measurement(
    title,
    'CPU s/GB',
    rounds.map(({ cpuSecondsPerGb }) => cpuSecondsPerGb),
  )

const rate = (rounds: readonly Round[]): Measurement =>
  measurement(
    'through the gateway',
    'records/s',
    rounds.map(({ recordsPerSecond }) => recordsPerSecond),
  )

const plainSection = (rounds: readonly Round[], plain: Measurement): Section => ({
  title: 'Scan, plain, for comparison',
  measurements: [rate(rounds), plain],
})

function sectionOf(name: CodecName, rounds: readonly Round[], plain: Measurement): Section {
  const gateway = cpu(`gateway, ${name}`, rounds)
  const codec = measurement(
    `${name} alone`,
    'CPU s/GB',
    rounds.map(({ codecCpu }) => codecCpu),
  )
  const both = measurement(
    `${name} alone + plain scan`,
    'CPU s/GB',
    codec.values.map((value, index) => value + (plain.values[index] ?? Number.NaN)),
  )
  return {
    title: `Scan, ${name}`,
    measurements: [rate(rounds), gateway, codec, both],
    ratios: [ratio('gateway / (codec + plain)', gateway, both, { atMost: 1.3 })],
  }
}
