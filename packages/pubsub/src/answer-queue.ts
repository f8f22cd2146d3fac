/** The place of one command among those in flight. */
export interface Slot<T> {
  /** Whether later answers have to wait for this one. */
  readonly ordered: boolean
  answer?: T
}

/**
 * Brings answers into the order of their commands: an answer goes out when no earlier ordered command is unanswered.
 * Commands that are not ordered are passed by later ones, but pass nobody themselves.
 */
export class AnswerQueue<T> {
  #slots: Slot<T>[] = []

  /** Commands whose answers have not gone out. */
  get size(): number {
    return this.#slots.length
  }

  push(ordered: boolean): Slot<T> {
    const slot: Slot<T> = { ordered }
    this.#slots.push(slot)
    return slot
  }

  /** Notes the answer of a slot and gives what may go out now, in order. */
  answer(slot: Slot<T>, answer: T): readonly T[] {
    slot.answer = answer
    if (this.#slots.length === 1) {
      this.#slots.pop()
      return [answer]
    }
    const ready: T[] = []
    const left: Slot<T>[] = []
    let blocked = false
    for (const next of this.#slots) {
      if (next.answer !== undefined && !blocked) {
        ready.push(next.answer)
      } else {
        left.push(next)
        blocked ||= next.answer === undefined && next.ordered
      }
    }
    this.#slots = left
    return ready
  }

  /** Empties the queue and gives the answers that will not go out. */
  clear(): readonly T[] {
    const answers = this.#slots.flatMap((slot) => (slot.answer === undefined ? [] : [slot.answer]))
    this.#slots = []
    return answers
  }
}
