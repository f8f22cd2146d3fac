import { type CodecName, codecs } from '../kafka/codecs.ts'
import { type BatchShape, encodeRecords } from '../kafka/encode-batch.ts'

/** Decompressing alone, batch after batch. */
export interface CodecJob {
  readonly codec: CodecName
  /** As the topic has them. */
  readonly shape: BatchShape
  readonly seconds: number
}

/** CPU seconds for each gigabyte that comes out. */
export function measureBareCodec({ codec, shape, seconds }: CodecJob): number {
  const { compress, decompress } = codecs[codec]
  const compressed = compress(encodeRecords(shape))
  const run = (forSeconds: number): number => {
    const started = performance.now()
    const cpu = process.cpuUsage()
    let bytes = 0
    while (performance.now() - started < 1000 * forSeconds) bytes += decompress(compressed).length
    const { user, system } = process.cpuUsage(cpu)
    return (user + system) / 1e6 / (bytes / 1e9)
  }
  // The first run is for the compilers.
  run(seconds / 10)
  return run(seconds)
}
