import type { Command } from './command.ts'

/** Lets a number of commands in at once; the others queue, first come, first served. */
export class Turnstile {
  #free: number
  readonly #queue = new Set<() => void>()

  constructor(places: number) {
    this.#free = places
  }

  /** Commands that queue. */
  get queued(): number {
    return this.#queue.size
  }

  /**
   * Waits for a place, which `leave` gives back. False when there is none before `until`, on the clock of
   * `performance.now()`; rejects at once when the command ends.
   */
  enter(command: Command, until: number): Promise<boolean> {
    if (command.error !== undefined) return Promise.reject(command.error)
    if (this.#free > 0) {
      this.#free--
      return Promise.resolve(true)
    }
    return new Promise<boolean>((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer)
        this.#queue.delete(letIn)
        forget()
      }
      const letIn = (): void => {
        settle()
        resolve(true)
      }
      const timer = setTimeout(
        () => {
          settle()
          resolve(false)
        },
        Math.max(0, until - performance.now()),
      )
      const forget = command.onCancel((error) => {
        settle()
        reject(error)
      })
      this.#queue.add(letIn)
    })
  }

  /** Gives a place to the first in the queue. */
  leave(): void {
    const [first] = this.#queue
    if (first === undefined) this.#free++
    else first()
  }
}
