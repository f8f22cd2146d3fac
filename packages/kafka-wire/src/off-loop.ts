import { expectedSize } from './codecs/expected-size.ts'
import type { Command } from './command.ts'
import { eachBatchSize } from './record-batch.ts'
import type { ThreadOptions } from './thread/messages.ts'
import type { ThreadResult, TranscodeThread } from './thread/transcode-thread.ts'

/**
 * What is expected to become less is decompressed at once: that holds the event loop for about a millisecond, and the way
 * to the thread and back costs a tenth of one.
 */
const LEAST_EXPECTED = 512 * 1024
/** Shorter records become {@link LEAST_EXPECTED} only where a batch is nothing but repetition, which costs little. */
const LEAST_BYTES = 4096

/** The answers of one cluster that a thread transcodes, for they would hold the event loop up. */
export class OffLoop {
  readonly #thread: TranscodeThread
  #outstanding = 0

  constructor(thread: TranscodeThread) {
    this.#thread = thread
  }

  /** Answers that are not released yet, those included that the thread is at for somebody. */
  get outstanding(): number {
    return this.#outstanding
  }

  /** Whether records are better transcoded in the thread, which has room for them. */
  takes(records: Buffer): boolean {
    if (records.length < LEAST_BYTES) return false
    let expected = 0
    eachBatchSize(records, (codec, bytes, _count, start) => {
      if (codec !== 0) expected += expectedSize(codec, records.subarray(start, start + bytes))
    })
    return expected >= LEAST_EXPECTED && this.#thread.takes(records.length)
  }

  /** Transcodes a copy of the records. Resolves with an error when there is one, or when the command ends first. */
  transcode(records: Buffer, options: ThreadOptions, command: Command): Promise<ThreadResult> {
    this.#outstanding++
    return new Promise((resolve) => {
      const settle = (result: ThreadResult): void => {
        leave()
        resolve(this.#owned(result))
      }
      const giveUp = this.#thread.transcode(records, options, settle)
      const leave = command.onCancel((error) => {
        giveUp()
        settle(error)
      })
    })
  }

  #owned(result: ThreadResult): ThreadResult {
    if (result instanceof Error) {
      this.#outstanding--
      return result
    }
    let released = false
    return {
      ...result,
      release: () => {
        if (released) return
        released = true
        this.#outstanding--
        result.release()
      },
    }
  }
}
