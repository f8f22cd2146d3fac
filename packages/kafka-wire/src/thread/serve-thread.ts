import type { MessagePort } from 'node:worker_threads'
import { KafkaError } from '../errors.ts'
import { SlabPool } from '../slab-pool.ts'
import { type TranscodeResult, transcode } from '../transcode.ts'
import type { ThreadJob, ThreadOutcome, ThreadRelease } from './messages.ts'

/** Does one job after the other that comes through the port. An error that is none of the records ends the thread. */
export function serveThread(port: MessagePort): void {
  const pool = new SlabPool({ shared: true })
  const answers = new Map<number, TranscodeResult>()
  let jobs = 0
  port.on('message', (message: ThreadJob | ThreadRelease) => {
    if (message.kind === 'release') {
      answers.get(message.job)?.release()
      answers.delete(message.job)
      return
    }
    const job = jobs++
    try {
      const records = Buffer.from(message.records.buffer, message.records.byteOffset, message.records.byteLength)
      const answer = transcode(records, { ...message.options, pool })
      answers.set(job, answer)
      const { bytes, headroom, recordCount, nextOffset, leaderEpoch } = answer
      port.postMessage({ kind: 'done', bytes, headroom, recordCount, nextOffset, leaderEpoch } satisfies ThreadOutcome)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      const { code, message, offsets, cause } = error
      port.postMessage({ kind: 'refused', code, message, offsets, cause } satisfies ThreadOutcome)
    }
  })
}
