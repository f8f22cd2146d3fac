import { Worker } from 'node:worker_threads'
import { KafkaError } from '../errors.ts'
import { type Slab, SlabPool } from '../slab-pool.ts'
import type { TranscodeResult } from '../transcode.ts'
import type { ThreadJob, ThreadOptions, ThreadOutcome, ThreadRelease } from './messages.ts'

/** What records that were given to the thread came to. */
export type ThreadResult = TranscodeResult | KafkaError

interface Job {
  /** Holds the copy of the records. */
  readonly slab: Slab
  readonly bytes: number
  readonly options: ThreadOptions
  /** Undefined once nobody waits for the result. */
  done: ((result: ThreadResult) => void) | undefined
}

/** How a thread is started. */
export type StartThread = () => Worker

const startThread: StartThread = () => {
  const name = import.meta.url.endsWith('.ts') ? './thread-main.ts' : './thread-main.js'
  return new Worker(new URL(name, import.meta.url), { name: 'decompress' })
}

/** Compressed bytes that wait or are worked at, above which the thread takes nothing besides. */
const MOST_BYTES = 32 * 1024 * 1024
const MOST_POOLED_BYTES = 8 * 1024 * 1024
/** The one that is worked at, and the next, so that the thread does not wait for the event loop. */
const MOST_GIVEN = 2

/**
 * One thread that decompresses and transcodes what would hold the event loop up. It is started by the first job, and again
 * by the next one after it has died; what it had then fails. It keeps no process alive that has nothing else to do.
 */
export class TranscodeThread {
  readonly #start: StartThread
  readonly #waiting: Job[] = []
  /** What the thread has, in the order it was given. */
  readonly #given: Job[] = []
  readonly #copies = new SlabPool({ maxPooledBytes: MOST_POOLED_BYTES, shared: true })
  #worker: Worker | undefined
  /** Jobs that the thread has answered. */
  #answered = 0
  #bytes = 0

  constructor(start: StartThread = startThread) {
    this.#start = start
  }

  /** Whether it takes so many bytes; what it does not take is done by the caller, who then reads no more meanwhile. */
  takes(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= MOST_BYTES
  }

  /**
   * Transcodes a copy of the records.
   *
   * @param done called with the result, or with an error: one of the records, or KAFKA_DECOMPRESSION_FAILED
   * @returns gives the job up: `done` is not called any more, and nothing is kept
   */
  transcode(records: Buffer, options: ThreadOptions, done: (result: ThreadResult) => void): () => void {
    const slab = this.#copies.acquire(records.length)
    records.copy(slab.buffer)
    const job: Job = { slab, bytes: records.length, options, done }
    this.#bytes += job.bytes
    this.#waiting.push(job)
    this.#give()
    return () => {
      job.done = undefined
      const index = this.#waiting.indexOf(job)
      if (index === -1) return
      this.#waiting.splice(index, 1)
      this.#forget(job)
    }
  }

  #give(): void {
    while (this.#given.length < MOST_GIVEN) {
      const job = this.#waiting.shift()
      if (job === undefined) break
      this.#given.push(job)
      const records = job.slab.buffer.subarray(0, job.bytes)
      this.#running().postMessage({ kind: 'job', records, options: job.options } satisfies ThreadJob)
    }
    if (this.#given.length === 0) this.#worker?.unref()
    else this.#worker?.ref()
  }

  #forget({ slab, bytes }: Job): void {
    this.#bytes -= bytes
    this.#copies.release(slab)
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = this.#start()
    this.#worker = worker
    this.#answered = 0
    let cause: unknown
    worker.on('message', (outcome: ThreadOutcome) => this.#take(worker, outcome))
    worker.on('error', (error) => {
      cause = error
    })
    worker.on('exit', () => this.#ended(cause))
    return worker
  }

  #take(worker: Worker, outcome: ThreadOutcome): void {
    const number = this.#answered++
    const job = this.#given.shift()
    if (job !== undefined) this.#forget(job)
    this.#give()
    const release = (): void => {
      if (this.#worker === worker) worker.postMessage({ kind: 'release', job: number } satisfies ThreadRelease)
    }
    if (job?.done !== undefined) job.done(resultOf(outcome, release))
    else if (outcome.kind === 'done') release()
  }

  #ended(cause: unknown): void {
    this.#worker = undefined
    const lost = this.#given.splice(0)
    for (const job of lost) this.#forget(job)
    this.#give()
    const error = new KafkaError(
      'KAFKA_DECOMPRESSION_FAILED',
      'the thread that decompresses large answers ended: send the command again, with a smaller max_bytes if it fails again',
      { cause },
    )
    for (const { done } of lost) done?.(error)
  }
}

function resultOf(outcome: ThreadOutcome, release: () => void): ThreadResult {
  if (outcome.kind === 'refused') {
    const { code, message, offsets, cause } = outcome
    return new KafkaError(code, message, { offsets, cause })
  }
  const { kind: _, bytes, ...answer } = outcome
  return { ...answer, bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), release }
}
