import { isEqualRead, type PartitionRead, type SharedRead } from './shared-read.ts'

/** For each of those who are expected, in milliseconds: no less than it takes to send one its last answer. */
const WAIT_MS = 0.1
const LONGEST_WAIT_MS = 100
/** Partitions whose crowds are remembered. */
const MOST_CROWDS = 1000

interface Open {
  readonly shared: SharedRead
  /** How many were given the last answer, and may come back. */
  readonly expected: number
  readonly close: () => void
  timer: NodeJS.Timeout | undefined
}

/**
 * Questions that are open: not put to a broker yet, while those who got an answer together come back to wait for the next.
 * One who came alone is not kept longer than until the end of the turn of the event loop.
 */
export class Gathering {
  #open: Open[] = []
  readonly #crowds = new Map<string, number>()
  readonly #onClosed: () => void

  /** @param onClosed called when a question is closed, and may be written */
  constructor(onClosed: () => void) {
    this.#onClosed = onClosed
  }

  /** The same question, while others may join it. */
  find(read: PartitionRead): SharedRead | undefined {
    for (const open of this.#open) {
      // One without anybody was given up.
      if (open.shared.size === 0 || !isEqualRead(open.shared.read, read)) continue
      // Whoever asks joins.
      if (open.shared.size + 1 >= open.expected) setImmediate(open.close)
      return open.shared
    }
    return undefined
  }

  /** Opens a question, until as many as were given the last answer have come, or have had the time. */
  open(shared: SharedRead): void {
    const expected = this.#crowds.get(nameOf(shared.read)) ?? 1
    const close = (): void => {
      if (!this.#open.includes(open)) return
      clearTimeout(open.timer)
      this.#open = this.#open.filter((other) => other !== open)
      this.#onClosed()
    }
    const open: Open = { shared, expected, close, timer: undefined }
    this.#open.push(open)
    if (expected > 1) open.timer = setTimeout(close, Math.min(expected * WAIT_MS, LONGEST_WAIT_MS))
    else setImmediate(close)
  }

  isOpen(shared: SharedRead): boolean {
    return this.#open.some((open) => open.shared === shared)
  }

  /** Remembers how many were given an answer. */
  answered({ read, size }: SharedRead): void {
    const name = nameOf(read)
    this.#crowds.delete(name)
    if (size < 2) return
    this.#crowds.set(name, size)
    const [oldest] = this.#crowds.keys()
    if (oldest !== undefined && this.#crowds.size > MOST_CROWDS) this.#crowds.delete(oldest)
  }
}

const nameOf = ({ partition, topic }: PartitionRead): string => `${partition} ${topic}`
