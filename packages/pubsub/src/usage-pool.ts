import { LRUCache } from 'lru-cache'

/** A use of a shared thing; `release` may be called twice. */
export interface Lease<T> {
  readonly value: Promise<T>
  release(): void
}

interface Entry<T> {
  readonly value: Promise<T>
  users: number
}

/** Things shared by key, counted by their users and closed by the last one. */
export interface UsagePool<T> {
  /** Uses the thing under the key, opening it if it is not there. A thing that failed to open is forgotten at once. */
  acquire(key: string, open: () => Promise<T>): Lease<T>
  /** How many keys new users would share. */
  readonly size: number
}

/**
 * Makes a pool. At most `most` things are remembered: the least recently used is then forgotten, which new users notice by
 * getting one of their own; it is closed only by its last user.
 */
export function createUsagePool<T extends { close?(): void | Promise<void> }>(
  most: number,
  onCloseFailed: (error: unknown) => void,
): UsagePool<T> {
  const shared = new LRUCache<string, Entry<T>>({ max: most })

  const forget = (key: string, entry: Entry<T>): void => {
    if (shared.peek(key) === entry) shared.delete(key)
  }
  const leave = (key: string, entry: Entry<T>): void => {
    entry.users--
    if (entry.users > 0) return
    forget(key, entry)
    // A thing that failed to open has nothing to close, and its users have been told.
    entry.value.then((value) => value.close?.(), ignoreOpenFailure).catch(onCloseFailed)
  }

  return {
    acquire(key, open) {
      let entry = shared.get(key)
      if (entry === undefined) {
        const created: Entry<T> = { value: open(), users: 0 }
        created.value.catch(() => forget(key, created))
        shared.set(key, created)
        entry = created
      }
      const used = entry
      used.users++
      let released = false
      return {
        value: used.value,
        release() {
          if (released) return
          released = true
          leave(key, used)
        },
      }
    },
    get size() {
      return shared.size
    },
  }
}

function ignoreOpenFailure(): void {}
