/** A queue between what arrives and a test that takes it in order. @public */
export interface Inbox<T> {
  /** Adds an item at the end. */
  put(item: T): void
  /** Resolves with the oldest item; rejects when the inbox has ended and is empty. */
  take(): Promise<T>
  /** Nothing more will come; whoever waits learns why. */
  end(reason: Error): void
}

/** Makes an empty inbox. @public */
export function createInbox<T>(): Inbox<T> {
  const items: T[] = []
  const takers: PromiseWithResolvers<T>[] = []
  let ended: Error | undefined
  return {
    put(item) {
      const taker = takers.shift()
      if (taker) taker.resolve(item)
      else items.push(item)
    },
    async take() {
      const [item] = items.splice(0, 1)
      if (item !== undefined) return item
      if (ended) throw ended
      const taker = Promise.withResolvers<T>()
      takers.push(taker)
      return taker.promise
    },
    end(reason) {
      ended ??= reason
      for (const taker of takers.splice(0)) taker.reject(reason)
    },
  }
}
