import { Worker } from 'node:worker_threads'

/** Threads that do nothing before `open`. */
export class Gate {
  readonly threads: Worker[] = []
  readonly #gate = new Int32Array(new SharedArrayBuffer(4))

  readonly start = (): Worker => {
    const thread = new Worker(new URL('gated-thread.ts', import.meta.url), { workerData: this.#gate })
    this.threads.push(thread)
    return thread
  }

  open(): void {
    Atomics.store(this.#gate, 0, 1)
    Atomics.notify(this.#gate, 0)
  }

  async close(): Promise<void> {
    this.open()
    await Promise.all(this.threads.map((thread) => thread.terminate()))
  }
}
